// `--list`: controllers and search spaces, or the options of one.
import {
  headingLines,
  type ListedOption,
  listOptions,
  type Named,
  optionLines,
  valueCell,
} from "../src/cli/option_list.ts";
import { type ListColumn, NOTHING, plainList } from "../src/cli/plain_list.ts";
import { wrapWords } from "../src/cli/text_width.ts";
import { type ControllerName, controllerNameSchema } from "../src/schemas/search_options.ts";
import { type SpaceName, spaceNames, spaces } from "../src/spaces/table.ts";
import { controllers, paperControllerOptions } from "./controllers/table.ts";

export interface ListedChoiceOption extends ListedOption {
  /** What the papers have, for searches of thousands of samples: the default in preset paper. */
  inPaper?: unknown;
}

/** A controller or space with its own options. */
export interface ListedChoice extends Named {
  options: ListedChoiceOption[];
}

/** What `--list` shows of a search: some of it, where something was named. */
export interface ListedChoices {
  controllers: readonly ListedChoice[];
  spaces: readonly ListedChoice[];
}

function listedController(key: ControllerName): ListedChoice {
  const { name, options, paper, summary } = controllers[key];
  const inPaper = new Map(Object.entries(paperControllerOptions[key] ?? {}));
  const listed = listOptions(options).map((option) =>
    inPaper.has(option.name) ? { ...option, inPaper: inPaper.get(option.name) } : option
  );
  return { name, summary, paper, options: listed };
}

function listedSpace(key: SpaceName): ListedChoice {
  const { name, options, paper, summary } = spaces[key];
  return { name, summary, paper, options: listOptions(options) };
}

/** The controller and the space that are named; all controllers and all spaces where nothing is. */
export function listedChoices(
  { controller, space }: { controller?: ControllerName; space?: SpaceName },
): ListedChoices {
  const isAll = controller === undefined && space === undefined;
  const controllerNames = isAll ? controllerNameSchema.options : controller === undefined ? [] : [controller];
  const names = isAll ? spaceNames : space === undefined ? [] : [space];
  return { controllers: controllerNames.map(listedController), spaces: names.map(listedSpace) };
}

/** Each of `choices` in a row, as lines at most `width` columns wide. */
export function choiceLines({ controllers, spaces }: ListedChoices, width: number): string[] {
  const columns = (head: string): ListColumn<ListedChoice>[] => [
    { head, cell: ({ name }) => name },
    { head: "what it is", cell: ({ summary }) => summary },
    { head: "options", cell: ({ options }) => options.map(({ name }) => name).join(", ") || NOTHING },
    { head: "paper", cell: ({ paper }) => paper },
  ];
  return [
    ...wrapWords("Controllers, of which --controller NAME shows the options:", width),
    ...plainList(columns("controller"), controllers, width),
    "",
    ...wrapWords("Spaces, of which --space NAME shows the options:", width),
    ...plainList(columns("space"), spaces, width),
  ];
}

/** Each of `choices` with all of its options, as lines at most `width` columns wide. */
export function choiceOptionLines({ controllers, spaces }: ListedChoices, width: number): string[] {
  return [...controllers, ...spaces].flatMap((choice, index) => {
    const { name, options } = choice;
    const more: ListColumn<ListedChoiceOption>[] = options.some(({ inPaper }) => inPaper !== undefined)
      ? [{ head: "in preset paper", cell: ({ inPaper }) => valueCell(inPaper) }]
      : [];
    return [
      ...(index > 0 ? [""] : []),
      ...headingLines(choice, width),
      "",
      ...(options.length > 0 ? optionLines(options, width, more) : [`${name} has no options`]),
    ];
  });
}
