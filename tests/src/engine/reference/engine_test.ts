// The contract suite holds for the reference itself: so what fails on an engine is the engine's.
import { networkContract } from "../../../contracts/network_contract.ts";
import { startReferenceEngine } from "./engine.ts";

networkContract("the reference", { start: startReferenceEngine, tolerance: 1e-5 });
