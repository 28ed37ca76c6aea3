"""Modules become one script, or an error says why not."""

import pytest

from triceptron.lesson.modules import join


def write(folder, **modules):
    for name, text in modules.items():
        (folder / f"{name}.js").write_text(text)
    return folder


def test_a_module_stands_once_and_before_those_that_import_it(tmp_path):
    write(
        tmp_path,
        main='import { a } from "./one.js";\nimport { b as c } from "./two.js";\nexport const d = a + c;\n',
        two='import * as one from "./one.js";\nexport function b() {}\n',
        one="export const a = 1;\n",
    )
    script = join(tmp_path, "main")
    assert script.count("// one.js") == 1
    assert script.index("// one.js") < script.index("// two.js") < script.index("// main.js")
    assert "const { b: c } = module_two;" in script
    assert "return { d };" in script


@pytest.mark.parametrize(
    "line",
    [
        'import x from "./one.js";',
        'import "./one.js";',
        "export default 1;",
        "export let a = 1;",
        'export * from "./one.js";',
        'import { a } from "https://elsewhere/x.js";',
    ],
)
def test_another_form_is_an_error(tmp_path, line):
    write(tmp_path, main=f"{line}\n", one="export const a = 1;\n")
    with pytest.raises(ValueError, match="is no import or export that a single file can hold"):
        join(tmp_path, "main")


def test_a_circle_is_an_error(tmp_path):
    write(
        tmp_path,
        main='import { a } from "./one.js";\n',
        one='import { b } from "./main.js";\nexport const a = 1;\n',
    )
    with pytest.raises(ValueError, match=r"main.js imports itself through others"):
        join(tmp_path, "main")
