// The model card for people, after Mitchell et al. 2019, Model Cards for Model Reporting, 1810.03993.
import { formatCount, formatDuration, formatMilliseconds, formatPercent } from "../../src/cli/format.ts";
import { exportFormats } from "../../src/export/formats/table.ts";
import { type Card, type CardLatency, scoresOtherwise, studentName } from "./card.ts";
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

function latencyRow(one: CardLatency): string[] {
  const interval = `${formatMilliseconds(one.lowMs)} to ${formatMilliseconds(one.highMs)}`;
  return [
    `${plain(one.device)} (${plain(one.description)})`,
    `${one.runtime}: ${plain(one.backend)}`,
    `\`${one.form}\``,
    `${formatMilliseconds(one.latencyMs)} ms`,
    `${interval} ms`,
    `${formatMilliseconds(one.p90Ms)} ms`,
    one.targetMs === null ? "none" : `${formatMilliseconds(one.targetMs)} ms`,
    `${one.protocol}, ${one.profile}, ${one.measuredAt.slice(0, 10)}`,
  ];
}

function latencies({ latency }: Card): string {
  if (latency.length === 0) return "It was not measured.";
  const head = ["device", "runtime", "as", "latency", "95 % interval", "90th percentile", "target", "protocol"];
  return `${table(head, latency.map(latencyRow))}

Of one image, batch norm folded, without reading or scaling the image. Latency depends on the device, its browser and its
heat: measure on yours with \`deno task measure --model\`. "As" is the format below that was timed: its files run the same
fused kernels. \`index.html\` runs those of \`tfjs-graph\`. The LayersModel \`tfjs\` does the same arithmetic in more steps, since
its layers cannot fuse a relu6 or a depthwise convolution with its bias: small networks take about twice as long in it.`;
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

function training({ distiller, teacher, training }: Card): string {
  const { backend, batchSize, epochs, images, learningRate, seconds, startedFrom, steps, views } = training;
  const from = startedFrom === null
    ? "from random weights"
    : startedFrom === 0
    ? "from the backbone's weights"
    : `from the weights of trial ${startedFrom}`;
  const time = seconds === null ? "" : ` in ${formatDuration(seconds)}`;
  const scored = teacher?.accuracy === null || teacher === null
    ? ""
    : ` (${formatPercent(teacher.accuracy)} on validation images)`;
  const options = Object.keys(distiller.options).length > 0 ? ` with \`${JSON.stringify(distiller.options)}\`` : "";
  return [
    `- Teacher: ${teacher === null ? "none" : `${plain(teacher.name)}${scored}`}`,
    `- Distillation: ${plain(distiller.name)}${options}`,
    `- ${images} images, ${epochs} epoch${epochs === 1 ? "" : "s"}, ${views} view${views === 1 ? "" : "s"} of each, ` +
    `batches of ${batchSize}, peak learning rate ${learningRate}, ${from}`,
    ...(steps === null ? [] : [`- ${steps} steps${time}${backend === null ? "" : ` on ${backend}`}`]),
  ].join("\n");
}

function preprocessing({ input }: Card): string {
  const { channels, colours, deviation, height, mean, width } = input;
  return `1. ${colours === "grey" ? "Grey" : "Red, green and blue"}, ${height} x ${width} pixels (height x width). ` +
    `Images of another size are squeezed to it, each new pixel the mean of the area it covers; what is transparent is black.
2. Bytes 0 to 255 divided by 255, then per channel \`(value - mean) / deviation\`.
   Mean: ${numbers(mean)}. Deviation: ${numbers(deviation)}. (As a teacher in Nacre: \`--teacher-normalisation data\`.)
3. TF.js: \`[batch, ${height}, ${width}, ${channels}]\`. ONNX: \`image\`, \`[1, ${channels}, ${height}, ${width}]\`.

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
