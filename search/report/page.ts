import { type Html, html, trusted } from "./html.ts";
import { STYLE } from "./style.ts";

/** `content` as a complete HTML document that needs no network, no script and no other file. */
export function page(title: string, content: Html): string {
  return html`
    <!DOCTYPE html>
    <html lang="en">
      <head>
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <meta name="color-scheme" content="light dark">
        <meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
        <title>${title}</title>
        <style>${trusted(STYLE)}</style>
      </head>
      <body>
        <main>
    ${content}
        </main>
      </body>
    </html>
  `.markup;
}
