// What the machine could do at best from wasm: multiply-adds in registers alone, and copies beyond every cache.

/** 12 independent vectors of 4 multiply-adds in each iteration; returns their sum, so that none is left out. */
export function multiplyAdds(iterations: i32, factor: f32): f32 {
  const a = f32x4.splat(factor);
  let c0 = f32x4.splat(0), c1 = f32x4.splat(1), c2 = f32x4.splat(2), c3 = f32x4.splat(3);
  let c4 = f32x4.splat(4), c5 = f32x4.splat(5), c6 = f32x4.splat(6), c7 = f32x4.splat(7);
  let c8 = f32x4.splat(8), c9 = f32x4.splat(9), c10 = f32x4.splat(10), c11 = f32x4.splat(11);
  for (let i = 0; i < iterations; i++) {
    c0 = f32x4.relaxed_madd(a, a, c0);
    c1 = f32x4.relaxed_madd(a, a, c1);
    c2 = f32x4.relaxed_madd(a, a, c2);
    c3 = f32x4.relaxed_madd(a, a, c3);
    c4 = f32x4.relaxed_madd(a, a, c4);
    c5 = f32x4.relaxed_madd(a, a, c5);
    c6 = f32x4.relaxed_madd(a, a, c6);
    c7 = f32x4.relaxed_madd(a, a, c7);
    c8 = f32x4.relaxed_madd(a, a, c8);
    c9 = f32x4.relaxed_madd(a, a, c9);
    c10 = f32x4.relaxed_madd(a, a, c10);
    c11 = f32x4.relaxed_madd(a, a, c11);
  }
  const sum = f32x4.add(
    f32x4.add(f32x4.add(c0, c1), f32x4.add(c2, c3)),
    f32x4.add(f32x4.add(f32x4.add(c4, c5), f32x4.add(c6, c7)), f32x4.add(f32x4.add(c8, c9), f32x4.add(c10, c11))),
  );
  return f32x4.extract_lane(sum, 0) + f32x4.extract_lane(sum, 1);
}

/** Copies `bytes`, a multiple of 64. */
export function copy(bytes: usize, source: usize, target: usize): void {
  for (let offset: usize = 0; offset < bytes; offset += 64) {
    v128.store(target + offset, v128.load(source + offset));
    v128.store(target + offset, v128.load(source + offset, 16), 16);
    v128.store(target + offset, v128.load(source + offset, 32), 32);
    v128.store(target + offset, v128.load(source + offset, 48), 48);
  }
}
