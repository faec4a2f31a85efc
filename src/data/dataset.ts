// The contract of a dataset: pixels as bytes, fixed test part, fixed names. Sources convert to this once.

/** Images and labels; `images` is `[count, height, width, channels]`, row-major, 0..255. */
export interface ImageSet {
  count: number;
  images: Uint8Array;
  /** Class index per image. */
  labels: Uint16Array;
}

/** What may be done to a training image to make another view of it. */
export interface AugmentationPolicy {
  /** Largest shift in pixels, each way, filled with zeros. */
  shift: number;
  /** Whether to mirror left to right at random. */
  mirror: boolean;
}

export interface Dataset {
  /** For instance "fashion-mnist", or the folder's name. */
  name: string;
  /** One line for people: where the data came from. */
  source: string;
  height: number;
  width: number;
  channels: number;
  classNames: string[];
  augmentation: AugmentationPolicy;
  /** SHA-256 over shape, labels and pixels of both parts. */
  contentHash: string;
  /** To be split into training and validation. */
  train: ImageSet;
  /** Read once, for final students. */
  test: ImageSet;
}
