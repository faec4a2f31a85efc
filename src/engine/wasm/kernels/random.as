// Random numbers without a state: each is a hash of where and when it is used, so any thread can make any of them,
// and a backward pass makes those of its forward pass again.
import { Step } from "./step";

// The finaliser of MurmurHash3: every bit of the input changes half of the output's.
@inline
function mix(bits: u32): u32 {
  bits = (bits ^ (bits >> 16)) * 0x85ebca6b;
  bits = (bits ^ (bits >> 13)) * 0xc2b2ae35;
  return bits ^ (bits >> 16);
}

/** What all random numbers of one node at one training step have in common. */
export function randomKey(step: Step): u32 {
  const state = step.state;
  return mix(mix(mix(<u32> state.seed + 0x9e3779b9) ^ <u32> state.step) + <u32> step.node * 0x9e3779b9);
}

/** The `index`-th number of `key`, uniform from 0 to below 1. */
@inline
export function random(key: u32, index: i32): f32 {
  return <f32> (mix(key ^ mix(<u32> index + 0x9e3779b9)) >> 8) * (1.0 / 16777216.0);
}
