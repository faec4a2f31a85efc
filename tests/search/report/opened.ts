// A report as a browser has it, for the tests that look into it.
import { parseHTML } from "linkedom";
import type { ReportData } from "../../../search/report/report_data.ts";
import { renderReport } from "../../../search/report/report.ts";

export function open(data: ReportData): Document {
  return parseHTML(renderReport(data)).document as unknown as Document;
}

/** The texts of what `selector` finds, on one line each. */
export function texts(root: Document | Element, selector: string): string[] {
  return [...root.querySelectorAll(selector)].map(({ textContent }) => (textContent ?? "").replace(/\s+/g, " ").trim());
}

/** Marks of one kind in one figure, as drawn for a wide page. */
export function countMarks(document: Document, figure: string, kind: string, mark: string): number {
  return document.querySelectorAll(`#${figure} .wide .${kind} ${mark}`).length;
}
