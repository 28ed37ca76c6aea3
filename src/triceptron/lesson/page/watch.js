import { heading } from "./controls.js";
/** @type {import("./context.js").Chapter} */
export function watchChapter(root, { t }) { root.append(heading(t("watch.title"), [])); return () => {}; }
