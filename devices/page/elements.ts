type Named = HTMLElementTagNameMap & SVGElementTagNameMap;

/** Finds elements of a page by id; Error where the page has none of that kind, so that page and script cannot drift apart. */
export function elements(page: Document): <Tag extends keyof Named>(id: string, tag: Tag) => Named[Tag] {
  return <Tag extends keyof Named>(id: string, tag: Tag) => {
    const found = page.getElementById(id);
    if (found?.localName !== tag) throw new Error(`The page has no <${tag}> #${id}`);
    return found as Element as Named[Tag];
  };
}
