// Where commands that have no groups of options find the data folder, and how they answer.
import { searchOptionsSchema } from "./search_options.ts";

const { dataDir, json } = searchOptionsSchema.shape;

export const outputFields = {
  dataDir: dataDir.meta({ ...dataDir.meta(), group: undefined }),
  json: json.meta({ ...json.meta(), group: undefined }),
};
