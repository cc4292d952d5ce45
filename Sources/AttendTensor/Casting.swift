extension Tensor {
  /// The elements as `dtype`: rounded to nearest even between floating-point types, truncated towards zero and clamped to
  /// the range from those to integers (NaN to 0), wrapped between integers, compared with 0 to bool.
  public func cast(to dtype: DType) -> Tensor {
    if dtype == self.dtype { return self }
    let output = backend.cast(self, to: dtype)
    guard dtype.isFloatingPoint else { return output }
    return record(.cast, output, from: self) { [old = self.dtype] upstream in upstream.cast(to: old) }
  }
}
