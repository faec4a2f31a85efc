// The look of the report.
import { PALETTE } from "./palette.ts";

/** The style sheet, put into the report as it stands. */
export const STYLE = `${PALETTE}
* { box-sizing: border-box; }
body {
  margin: 0; background: var(--page); color: var(--ink); border-top: 4px solid;
  border-image: linear-gradient(90deg, #9ad0d8, #c9c3ea, #f0c7cf, #f3e0bd) 1;
  font: 16px/1.55 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif;
}
main { max-width: 824px; margin: 0 auto; padding: 24px 32px 64px; }
.brand { margin: 0 0 20px; color: var(--quiet); font-size: 14px; overflow-wrap: anywhere; }
h1, h2 { font-family: ui-serif, "Iowan Old Style", Palatino, "Palatino Linotype", Georgia, serif; font-weight: 600; }
h1 { font-size: 27px; line-height: 1.32; margin: 0 0 14px; text-wrap: pretty; overflow-wrap: anywhere; }
h2 { font-size: 21px; margin: 52px 0 8px; overflow-wrap: anywhere; }
h3 { font-size: 16px; margin: 0 0 2px; overflow-wrap: anywhere; }
header p { margin: 0 0 8px; overflow-wrap: anywhere; }
.state, .note, figcaption { color: var(--quiet); font-size: 14.5px; }
.state.running, .state.interrupted, .state.failed { color: var(--baseline); }
.warning { padding: 8px 14px; border-left: 4px solid var(--baseline); background: var(--tint); font-weight: 550; }
.note { margin: 0 0 14px; }
.nothing { margin: 8px 0; padding: 14px 16px; background: var(--tint); border-radius: 6px; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; font-size: 14px; font-variant-numeric: tabular-nums; }
th, td { text-align: right; padding: 7px 0 7px 14px; vertical-align: top; border-bottom: 1px solid var(--line); }
th:first-child { text-align: left; padding-left: 6px; }
td:last-child { padding-right: 6px; }
td { white-space: nowrap; }
thead th { color: var(--quiet); font-weight: 500; font-size: 13px; vertical-align: bottom; line-height: 1.3; }
tbody th { font-weight: 500; min-width: 9em; overflow-wrap: anywhere; line-height: 1.45; }
tr.best { background: var(--tint); }
tr.best th, tr.best td { font-weight: 650; }
td small, th small { display: block; color: var(--quiet); font-size: 12px; font-weight: 400; }
td.none { color: var(--quiet); }
th.words, td.words { text-align: left; white-space: normal; overflow-wrap: anywhere; }
td.reason { min-width: 16em; }
#all-trials tbody th { min-width: 3em; }
/* A state is one short word: broken anywhere it would stand letter under letter on a phone. */
:is(#all-trials, #failures) td:nth-child(2) { overflow-wrap: normal; }
#runs tbody th { min-width: 6em; }
#runs { font-size: 13px; }
#runs th, #runs td { padding-left: 9px; }
#runs td:nth-child(2) { white-space: normal; overflow-wrap: anywhere; min-width: 6em; }
#differences td { min-width: 7em; }
.mark { font-weight: 500; font-size: 11.5px; color: var(--quiet); border: 1px solid var(--line); border-radius: 9px;
  padding: 0 7px; margin-right: 3px; white-space: nowrap; background: var(--panel); }
figure { margin: 30px 0 0; }
figcaption { margin-bottom: 8px; }
ul.legend { list-style: none; display: flex; flex-wrap: wrap; gap: 2px 20px; margin: 8px 0; padding: 0; font-size: 13.5px; }
ul.legend li { display: flex; align-items: center; gap: 7px; overflow-wrap: anywhere; }
svg.sign { display: inline-block; flex: none; width: 18px; height: 12px; margin: 0; }
svg { display: block; width: 100%; height: auto; font-size: 12px; overflow: visible; }
svg + svg { margin-top: 14px; }
.paired { display: grid; grid-template-columns: 1fr 1fr; gap: 14px 20px; }
.paired svg + svg { margin-top: 0; }
details { margin: 10px 0 0; font-size: 14px; }
.where { margin: 10px 0 0; font-size: 14px; color: var(--quiet); }
a { color: inherit; text-underline-offset: 2px; white-space: nowrap; }
a:hover, a:focus-visible { color: var(--ink); }
summary { cursor: pointer; color: var(--quiet); width: fit-content; padding: 5px 0; }
summary:hover, summary:focus-visible { color: var(--ink); }
table.numbers { font-size: 13px; }
table.numbers th, table.numbers td { padding-top: 4px; padding-bottom: 4px; }
.drawings { display: grid; grid-template-columns: repeat(auto-fit, minmax(230px, 1fr)); gap: 22px 30px; margin: 16px 0 0; }
.drawings figure { margin: 0; }
.drawings h3 { margin: 0; }
.drawings p { margin: 0 0 6px; color: var(--quiet); font-size: 13.5px; }
.narrow { display: none; }
dl { margin: 6px 0 26px; font-size: 14.5px; }
dl div { display: grid; grid-template-columns: 11em 1fr; gap: 16px; padding: 5px 6px; border-bottom: 1px solid var(--line); }
dt { color: var(--quiet); }
dt { overflow-wrap: anywhere; }
dd { margin: 0; overflow-wrap: anywhere; }
@media (max-width: 600px) {
  main { padding: 18px 20px 48px; }
  h1 { font-size: 22px; }
  .wide, .wide.paired { display: none; }
  .narrow { display: block; }
  dl div { grid-template-columns: 7.5em 1fr; gap: 10px; }
  #configuration div { grid-template-columns: 10em 1fr; }
  tbody th { min-width: 7.5em; }
}
@media print {
  body { font-size: 11pt; border-top: 0; }
  main { max-width: none; padding: 0; }
  figure, tr, dl div, #top-students { break-inside: avoid; }
  h2, h3 { break-after: avoid; }
  .scroll { overflow: visible; }
  /* Paper does not scroll: a line too long for it would shrink every page, and be cut off all the same. */
  td { white-space: normal; }
  tbody th, td.reason, #runs tbody th, #differences td { min-width: 0; }
  .drawings { grid-template-columns: repeat(3, 1fr); gap: 12px; break-inside: avoid; }
  details::details-content { content-visibility: visible; display: block; }
  .wide { display: block; }
  .wide.paired { display: grid; }
  .narrow { display: none; }
}
/* Where a browser cannot open them for print, an empty heading would be all that is left. */
@supports not selector(details::details-content) {
  @media print { details:not([open]) { display: none; } }
}
`;
