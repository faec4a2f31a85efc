// The public API: everything that is stable, and nothing that is not.
export {
  type Architecture,
  architectureHash,
  type ArchitectureNode,
  architectureSchema,
} from "./src/schemas/architecture.ts";
export { type Measurement, measurementSchema } from "./src/schemas/measurement.ts";
export { type FinalStudent, type Trial } from "./src/schemas/trial.ts";
export { optionsOfConfig, resolveRunConfig, type RunConfig } from "./src/schemas/run_config.ts";
export { type SearchOptions, searchOptionsSchema } from "./src/schemas/search_options.ts";
export { countMultiplyAdds, countParameters } from "./src/ops/layout.ts";
export { mobileNetwork, parseBlocks } from "./src/spaces/mobile_blocks.ts";
export { type SearchSpace, type SpaceOptions } from "./src/spaces/space.ts";
export { completeSpaceOptions, createSpace } from "./src/spaces/table.ts";
export { countDownloadBytes, countMemoryBytes } from "./src/models/deployed_size.ts";
export { inheritWeights } from "./src/models/inherit.ts";
export {
  DeviceLostError,
  type Engine,
  type Network,
  type NetworkOptions,
  NetworkTooLargeError,
  type SoftTargets,
} from "./src/engine/network.ts";
export { type OptimizerOptions } from "./src/engine/optimizer.ts";
export { type EngineChoice, startEngine } from "./src/engine/start_engine.ts";
export { buildDeployedModel, type DeployedModel } from "./src/models/deployed_model.ts";
export { initialiseWeights, type Weights } from "./src/models/weights.ts";
export { UnusableDataError } from "./src/data/source.ts";
export { prepareDataset } from "./src/data/table.ts";
export { prepareTrainingData, type TrainingData } from "./src/data/training_data.ts";
export {
  type Distillation,
  type DistillationBatch,
  type DistillationContext,
  type Distiller,
  type Phase,
  type TaskName,
  type TeacherNeed,
} from "./src/distillation/distiller.ts";
export { createDistiller } from "./src/distillation/table.ts";
export { buildStudent, Student, type StudentOptions, type StudentOutput } from "./src/training/student.ts";
export { train, type Trained, type TrainOptions } from "./src/training/train.ts";
export { DivergedError, trainSteps, type TrainStepsOptions } from "./src/training/train_steps.ts";
export { type Teacher, type TeacherOutput, type TeacherRequest } from "./src/teachers/teacher.ts";
export { openTeacher, type OpenTeacherOptions } from "./src/teachers/open_teacher.ts";
export { cachedTeacher } from "./src/teachers/cached_teacher.ts";
export { createMethod, listMethods } from "./src/procedures/table.ts";
export { type Procedure, type ProcedureContext, type ProcedureResult } from "./src/procedures/procedure.ts";
export { distilTask } from "./src/tasks/distil_task.ts";
export { initialiseFrom } from "./src/tasks/transfer.ts";
export { buildPredictor, Predictor } from "./src/training/predictor.ts";
export { evaluate, predictLogits } from "./src/training/evaluate.ts";
export { parameterGradientDifference } from "./src/training/gradient_difference.ts";
export { decodeSafetensors, encodeSafetensors } from "./src/export/safetensors.ts";
export {
  ExportMismatchError,
  exportModel,
  type ExportModelOptions,
  type ModelExport,
} from "./src/export/export_model.ts";
export { exportOnnx } from "./src/export/onnx.ts";
export { exportTfjs } from "./src/export/tfjs.ts";
export {
  type Device,
  DeviceGoneError,
  type Hub,
  type HubOptions,
  measure,
  type MeasureOptions,
  type MeasureResult,
  type ModelSource,
  openDevices,
  type OpenDevicesOptions,
  openHub,
  type Pairing,
  type SessionRequest,
  type SettlePairing,
  summariseSamples,
} from "./devices/mod.ts";
export {
  type Controller,
  type ControllerOptions,
  type Decision,
  type Result,
  type Sample,
  type Snapshot,
} from "./search/controller.ts";
export { createController } from "./search/controllers/table.ts";
export { rewardOf } from "./search/reward.ts";
export { frontOverTime } from "./search/front_over_time.ts";
export { rejections } from "./search/why_rejected.ts";
export { withFullOptions } from "./search/full_options.ts";
export { LatencyPredictor } from "./search/latency/predictor.ts";
export { type LatencyTable, latencyTableSchema, readLatencyTable } from "./search/latency/latency_table.ts";
export { hypervolume, paretoFront } from "./search/pareto.ts";
export { type RunEvent } from "./search/events.ts";
export { type SearchResult } from "./search/result.ts";
export { OutsideFaultError } from "./search/outside_fault.ts";
export { NothingCompletedError } from "./search/execute_run.ts";
export { OtherConfigurationError, type RunOptions, runSearch } from "./search/run.ts";
export { RunLockedError } from "./search/store/run_lock.ts";
export { OutdatedRunError } from "./search/store/run_store.ts";
export { UsageError } from "./src/cli/usage_error.ts";
