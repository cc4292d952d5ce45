import CAttend

extension CPUBackend {
  func cast(_ x: Tensor, to dtype: DType) -> Tensor {
    if x.dtype == dtype { return x }
    let x = x.isContiguous ? x : copy(x)
    defer { withExtendedLifetime(x) {} }
    switch (x.dtype, dtype) {
    case (.float32, .bfloat16): return narrow(x, to: dtype, AT_BF16)
    case (.float32, .float16): return narrow(x, to: dtype, AT_F16)
    case (.bfloat16, .float32): return widen(x, AT_BF16)
    case (.float16, .float32): return widen(x, AT_F16)
    // Through float32. From float64 that rounds twice, which can differ in the last bit of a half.
    case (.bfloat16, _), (.float16, _): return cast(cast(x, to: .float32), to: dtype)
    case (_, .bfloat16), (_, .float16): return cast(cast(x, to: .float32), to: dtype)
    case (.float32, _): return convert(x, Float.self, to: dtype)
    case (.float64, _): return convert(x, Double.self, to: dtype)
    case (.int64, _): return convert(x, Int64.self, to: dtype)
    case (.int32, _): return convert(x, Int32.self, to: dtype)
    case (.int8, _): return convert(x, Int8.self, to: dtype)
    case (.uint8, _), (.bool, _): return convert(x, UInt8.self, to: dtype)
    }
  }

  private func narrow(_ x: Tensor, to dtype: DType, _ element: at_element) -> Tensor {
    let output = Tensor(uninitialized: x.shape, dtype)
    let (from, to) = (x.pointer(Float.self), output.pointer(UInt16.self))
    parallelFor(x.count, grain: elementGrain) { range in
      rows.from_f32(element, range.count, from + range.lowerBound, to + range.lowerBound)
    }
    return output
  }

  private func widen(_ x: Tensor, _ element: at_element) -> Tensor {
    let output = Tensor(uninitialized: x.shape, .float32)
    let (from, to) = (x.pointer(UInt16.self), output.pointer(Float.self))
    parallelFor(x.count, grain: elementGrain) { range in
      rows.to_f32(element, range.count, from + range.lowerBound, to + range.lowerBound)
    }
    return output
  }

  private func convert<S: CPUNumber>(_ x: Tensor, _ source: S.Type, to dtype: DType) -> Tensor {
    switch dtype {
    case .float64: convert(x, source, Double.self, dtype)
    case .float32: convert(x, source, Float.self, dtype)
    case .int64: convert(x, source, Int64.self, dtype)
    case .int32: convert(x, source, Int32.self, dtype)
    case .int8: convert(x, source, Int8.self, dtype)
    case .uint8: convert(x, source, UInt8.self, dtype)
    case .bool: compare(.notEqual, x, fill([], 0, x.dtype))
    case .bfloat16, .float16: dtypeMismatch("cast", x.dtype, dtype)
    }
  }

  private func convert<S: CPUNumber, D: CPUNumber>(
    _ x: Tensor, _: S.Type, _: D.Type, _ dtype: DType
  ) -> Tensor {
    let output = Tensor(uninitialized: x.shape, dtype)
    let (from, to) = (x.pointer(S.self), output.pointer(D.self))
    for index in 0..<x.count {
      let value = from[index]
      to[index] = value.asInteger.map { D(converting: $0) } ?? D(converting: value.asDouble)
    }
    return output
  }
}
