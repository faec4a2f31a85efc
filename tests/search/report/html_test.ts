import { assertEquals } from "@std/assert";
import { html, trusted } from "../../../search/report/html.ts";

Deno.test("inserted text is escaped in content and in quoted attributes", () => {
  assertEquals(html`<p title="${`"'`}">${"<b>&"}</p>`.markup, `<p title="&quot;&#39;">&lt;b&gt;&amp;</p>`);
});

Deno.test("markup is inserted as it is, lists are joined, null is nothing", () => {
  assertEquals(html`${[html`<i>${1}</i>`, trusted("<hr>")]}${null}`.markup, "<i>1</i><hr>");
});
