// The model card for people, after Mitchell et al. 2019, Model Cards for Model Reporting, 1810.03993.
import { formatCount, formatDuration, formatMilliseconds, formatPercent } from "../../src/cli/format.ts";
import { exportFormats } from "../../src/export/formats/table.ts";
import type { ExportFormatName } from "../../src/schemas/export_options.ts";
import { flagMeaning } from "../../devices/mod.ts";
import { teachersInWords } from "../reported_teachers.ts";
import { type Card, type CardLatency, isWritten, scoresOtherwise, studentName } from "./card.ts";
import { formatDifference } from "./format_difference.ts";

/** Text of others' as it stands: names of classes, devices and files may hold anything. */
function plain(text: string): string {
  return text.replace(/\s+/g, " ").replace(/[\\`*_{}[\]<>#|!~]/g, "\\$&");
}

const kilobytes = (bytes: number) => `${(bytes / 1000).toFixed(1)} kB`;
const numbers = (values: readonly number[]) => values.map((value) => value.toPrecision(6)).join(", ");

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(" | ")} |`;
  return [line(head), line(head.map(() => "---")), ...rows.map(line)].join("\n");
}

function accuracies({ accuracy, data, weights }: Card): string {
  const { recomputed, test, testImages, validation, validationImages } = accuracy;
  const rows = [
    ["validation, on which the search chose", `${validationImages}`, formatPercent(validation)],
    ...(test === null ? [] : [["test, read once after the search", `${testImages}`, formatPercent(test)]]),
    ["validation again, by the form exported here", `${recomputed.images}`, formatPercent(recomputed.accuracy)],
  ];
  const note = test === null
    ? `\n\nThese weights were never scored on test images of ${
      plain(data.name)
    }; the accuracy that chose a student is ` +
      "too high by what the choice gained."
    : "";
  const doubt = scoresOtherwise(accuracy)
    ? "\n\n**The exported form does not score what the run says: do not use it before you know why.**"
    : "";
  return `${table(["images", "number", "accuracy"], rows)}${doubt}${note}${
    weights === "trial" ? "\n\nThe weights are those of the short training amid the search." : ""
  }`;
}

function latencyRow(one: CardLatency, { formats }: Card): string[] {
  const interval = `${formatMilliseconds(one.lowMs)} to ${formatMilliseconds(one.highMs)}`;
  return [
    `${plain(one.device)} (${plain(one.description)})`,
    `${one.runtime}: ${plain(one.backend)}`,
    isWritten(formats, one.form) ? `\`${one.form}\`` : "a form that is not in this folder",
    `${formatMilliseconds(one.latencyMs)} ms`,
    `${interval} ms`,
    one.targetMs === null ? "none" : `${formatMilliseconds(one.targetMs)} ms`,
    `${formatMilliseconds(one.medianMs)} ms`,
    `${formatMilliseconds(one.p90Ms)} ms`,
    `${one.protocol}, ${one.profile}, ${one.measuredAt.slice(0, 10)}`,
  ];
}

function doubts({ latency }: Card): string {
  const lines = latency.flatMap(({ device, flags, runtime }) =>
    flags.map((flag) => `- ${plain(device)}, ${runtime}: ${plain(flag)}: ${plain(flagMeaning(flag))}`)
  );
  if (lines.length === 0) return "The measurement found no reason to doubt these figures.";
  return `Reasons to doubt these figures:\n\n${lines.join("\n")}`;
}

/** What was timed, of the forms that were written. */
function timedForms({ formats, latency }: Card): string {
  const has = (format: ExportFormatName) => isWritten(formats, format);
  const isTimed = (format: ExportFormatName) => latency.some(({ form }) => form === format);
  const sentences = [
    ...(has("tfjs-graph") && isTimed("tfjs-graph")
      ? ["`tfjs-graph` runs the same fused kernels as were timed, and so does `index.html`."]
      : []),
    ...(has("tfjs")
      ? [
        "The LayersModel `tfjs` was not timed: it does the same arithmetic in more steps, since its layers cannot fuse a " +
        "relu6 or a depthwise convolution with its bias; small networks take about twice as long in it as in a GraphModel.",
      ]
      : []),
    ...(has("onnx") ? [isTimed("onnx") ? "`onnx` was timed with its batch fixed at 1." : "`onnx` was not timed."] : []),
  ];
  return sentences.length === 0 ? "" : `\n\n${sentences.join(" ")}`;
}

function latencies(card: Card): string {
  if (card.latency.length === 0) return "It was not measured.";
  const head = [
    ...["device", "runtime", "as", "latency", "95 % interval", "target"],
    ...["median as timed", "90th percentile as timed", "protocol"],
  ];
  return `${table(head, card.latency.map((one) => latencyRow(one, card)))}

Latency, interval and target are at the device's nominal speed: reference networks were timed beside the student, and what
they were slower or faster than usual is taken off. Median and 90th percentile are as timed, with all that slowed the device
then. All are of one image, batch norm folded, without reading or scaling the image. They depend on the device, its browser
and its heat: measure on yours with \`deno task measure --model\`.

${doubts(card)}${timedForms(card)}`;
}

function formatRows({ formats }: Card): string {
  return table(
    ["format", "files", "largest difference of a logit", "of the largest logit", "images", "checked by"],
    formats.map((one) => {
      const { summary } = exportFormats[one.format];
      if ("failed" in one) return [summary, "not written", plain(one.failed), "", "", ""];
      const files = one.files.map((file) => `\`${file}\``).join(", ");
      const { checkedBy, images, maxDifference, relativeDifference } = one;
      return [
        ...[summary, files, formatDifference(maxDifference), formatDifference(relativeDifference), `${images}`],
        checkedBy,
      ];
    }),
  );
}

function training({ distiller, teachers, training }: Card): string {
  const { backend, batchSize, epochs, images, learningRate, seconds, startedFrom, steps, views } = training;
  const from = startedFrom === null
    ? "from random weights"
    : startedFrom === 0
    ? "from the backbone's weights"
    : `from the weights of trial ${startedFrom}`;
  const time = seconds === null ? "" : ` in ${formatDuration(seconds)}`;
  const options = Object.keys(distiller.options).length > 0 ? ` with \`${JSON.stringify(distiller.options)}\`` : "";
  return [
    teachers.length === 0
      ? "- Teacher: none"
      : `- Teacher, with its accuracy on validation images: ${plain(teachersInWords(teachers))}`,
    `- Distillation: ${plain(distiller.name)}${options}`,
    `- ${images} images, ${epochs} epoch${epochs === 1 ? "" : "s"}, ${views} view${views === 1 ? "" : "s"} of each, ` +
    `batches of ${batchSize}, peak learning rate ${learningRate}, ${from}`,
    ...(steps === null ? [] : [`- ${steps} steps${time}${backend === null ? "" : ` on ${backend}`}`]),
  ].join("\n");
}

/** How each form that was written takes an image. */
function imageShapes({ formats, input: { channels, height, width } }: Card): string[] {
  const last = `\`[batch, ${height}, ${width}, ${channels}]\``;
  const has = (format: ExportFormatName) => isWritten(formats, format);
  return [
    ...(has("tfjs-graph") || has("tfjs") ? [`TF.js: ${last}.`] : []),
    ...(has("onnx") ? [`ONNX: \`image\`, \`[batch, ${channels}, ${height}, ${width}]\`.`] : []),
    ...(has("safetensors") ? [`safetensors: ${last}.`] : []),
  ];
}

function preprocessing(card: Card): string {
  const { input } = card;
  const shapes = imageShapes(card);
  const { colours, deviation, height, mean, width } = input;
  const said = shapes.length === 0 ? "" : " The metadata of the files say so too.";
  return `1. ${colours === "grey" ? "Grey" : "Red, green and blue"}, ${height} x ${width} pixels (height x width). ` +
    `Images of another size are squeezed to it, each new pixel the mean of the area it covers; what is transparent is black.
2. Bytes 0 to 255 divided by 255, then per channel \`(value - mean) / deviation\`.
   Mean: ${numbers(mean)}. Deviation: ${numbers(deviation)}.${said}${
      shapes.length === 0 ? "" : `\n3. ${shapes.join(" ")} Batches of any size.`
    }

The output, \`logits\`, has a number per class; softmax makes probabilities of them, which are not calibrated.`;
}

/** The card as Markdown. */
export function cardMarkdown(card: Card): string {
  const { data, run, size } = card;
  return `# ${plain(data.name)}: ${plain(studentName(card))} of run ${plain(run)}

A small image classifier that Nacre searched, trained and measured; made ${
    card.createdAt.slice(0, 10)
  }. \`card.json\` holds
the same for programs, \`index.html\` runs it in a browser, without a network.

## Accuracy

${accuracies(card)}

## Latency

${latencies(card)}

## Size

${formatCount(size.parameters)} parameters, ${formatCount(size.multiplyAdds)} multiply-adds per image, ${
    kilobytes(size.downloadBytes)
  } of weights to download as
32-bit floats, ${kilobytes(size.memoryBytes)} of weights and activations at most at one time.

## Input and output

${preprocessing(card)}

Classes, in order: ${data.classNames.map((name, index) => `${index} ${plain(name)}`).join(", ")}.

## Files

${formatRows(card)}

Differences are from the logits of the network as it was measured, on validation images and random ones; beyond
${card.tolerance} of the largest logit a format is not written. Weights: those of the ${
    card.weights === "final" ? "longer training after the search" : "training amid the search"
  }. Architecture
\`${card.architectureHash.slice(0, 16)}\`.
${card.safetensors === null ? "" : `\n## How to read model.safetensors\n\n${card.safetensors.howToRead}\n`}
## Training

- Data: ${plain(data.description)}
${training(card)}

## Use and limits

It tells the classes above apart on images like those it was trained on. It answers with one of them whatever it is shown, so
it cannot say that an image is none of them; other cameras, crops, lighting or backgrounds make it worse, by how much was not
tested. Nothing was done to find or lessen differences between groups of people or sources of images. Test it on your own
images before anything depends on it.

## Licence

Nacre puts no licence of its own on these weights. They come from the data named above and its labels and, where there is
one, from the teacher: whether and how they may be used follows from the licences of those, which were not checked here.
`;
}
