import type { Teacher } from "./teacher.ts";

/**
 * Throws a RangeError of one line where one of `teachers` does not know all views that `epochs` epochs of a training with
 * `views` views see; before the first of them rather than in the epoch that asks.
 */
export function requireViews(
  teachers: readonly Pick<Teacher, "name" | "views">[],
  { views, epochs }: { views: number; epochs: number },
): void {
  const seen = Math.min(views, Math.ceil(epochs));
  const short = teachers.find((teacher) => seen > (teacher.views ?? Infinity));
  if (short?.views === undefined) return;
  const known = short.views === 1 ? "the images as they are" : `${short.views} views of the images`;
  throw new RangeError(
    `${short.name} knows ${known} only, and the training would see ${seen}; train with at most ${short.views} view${
      short.views === 1 ? "" : "s"
    } (--views=${short.views} on the command line)`,
  );
}
