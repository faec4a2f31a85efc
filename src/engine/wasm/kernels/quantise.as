// A uniform, symmetric quantiser, as weights rounded to few bits would be after deployment.

/**
 * target = source rounded to multiples of max |source| / (2^(bits - 1) - 1), halves to even: whole tensor, one scale.
 * Zeros stay zeros; source may be target.
 */
export function fakeQuantise(count: i32, source: usize, target: usize, bits: i32): void {
  let most: f32 = 0;
  for (let i: usize = 0; i < <usize> count; i++) most = max<f32>(most, abs<f32>(f32.load(source + (i << 2))));
  const levels = <f32> ((1 << (bits - 1)) - 1);
  const scale = most / levels;
  for (let i: usize = 0; i < <usize> count; i++) {
    const level = nearest<f32>(f32.load(source + (i << 2)) / scale);
    f32.store(target + (i << 2), most == 0 ? 0 : level * scale);
  }
}
