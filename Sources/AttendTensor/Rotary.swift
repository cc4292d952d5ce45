extension Tensor {
  /// Rotary position embedding. Su et al. 2021, arXiv:2104.09864, section 3.4.2.
  ///
  /// Pairs of features (a, b) become (a·cos − b·sin, b·cos + a·sin). Pairs are neighbours (2i, 2i + 1) when
  /// `interleaved` (the paper, GGUF), else (i, i + rotary/2) (Hugging Face). Features from `rotary` on stay.
  ///
  /// - Parameters:
  ///   - self: `[tokens, heads, headWidth]`.
  ///   - cosines: `[tokens, rotary/2]`, constant; likewise `sines`.
  public func rotary(cosines: Tensor, sines: Tensor, interleaved: Bool) -> Tensor {
    requireFloats("rotary")
    guard rank == 3, cosines.rank == 2, cosines.shape == sines.shape, cosines.shape[0] == shape[0],
      2 * cosines.shape[1] <= shape[2]
    else { shapeMismatch("rotary", shape, cosines.shape, sines.shape) }
    let (cosines, sines) = (cosines.detached(), sines.detached())
    let output = profiled(.rotary, .init(self, cosines, sines, operationsPerElement: 3)) {
      backend.rotary(detached(), cosines, sines, interleaved: interleaved)
    }
    // The inverse of a rotation is the rotation by the opposite angle.
    return record(.rotary, output, from: self) { upstream in
      upstream.rotary(cosines: cosines, sines: -sines, interleaved: interleaved)
    }
  }
}
