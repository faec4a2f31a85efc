/** The shape of images in memory. */
export interface ImageShape {
  height: number;
  width: number;
  channels: number;
}

/**
 * Resizes an image `[height, width, channels]` to `[size, size, channels]`: each new pixel is the average of the area it
 * covers, so nothing is lost or sharpened. An image that is not square is squeezed.
 */
export function resizeByArea(pixels: Uint8Array, shape: ImageShape, size: number): Uint8Array {
  const { height, width, channels } = shape;
  if (height === size && width === size) return pixels;
  const rows = coverage(height, size);
  const columns = coverage(width, size);
  const resized = new Uint8Array(size * size * channels);
  for (const [y, row] of rows.entries()) {
    for (const [x, column] of columns.entries()) {
      for (let channel = 0; channel < channels; channel++) {
        let sum = 0;
        for (let i = 0; i < row.weights.length; i++) {
          const start = ((row.first + i) * width + column.first) * channels + channel;
          let rowSum = 0;
          for (let j = 0; j < column.weights.length; j++) rowSum += column.weights[j] * pixels[start + j * channels];
          sum += row.weights[i] * rowSum;
        }
        resized[(y * size + x) * channels + channel] = Math.round(sum);
      }
    }
  }
  return resized;
}

/** For each of `to` new pixels along a line of `from`, the first old one under it and the share of each in it. */
function coverage(from: number, to: number): { first: number; weights: Float64Array }[] {
  return Array.from({ length: to }, (_, position) => {
    // Ends as exact quotients: a product with from / to could reach just past the last pixel.
    const start = position * from / to;
    const end = (position + 1) * from / to;
    const first = Math.floor(start);
    const weights = Float64Array.from({ length: Math.ceil(end) - first }, (_, index) => {
      const overlap = Math.min(end, first + index + 1) - Math.max(start, first + index);
      return overlap / (end - start);
    });
    return { first, weights };
  });
}
