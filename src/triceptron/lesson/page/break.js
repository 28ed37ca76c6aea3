import { heading } from "./controls.js";
/** @type {import("./context.js").Chapter} */
export function breakChapter(root, { t }) { root.append(heading(t("break.title"), [])); return () => {}; }
