import CAttend

extension CPUBackend {
  func unary(_ operation: UnaryOperation, _ x: Tensor) -> Tensor {
    profiled(.elementwise, .init(x)) { unaryResult(operation, x) }
  }

  private func unaryResult(_ operation: UnaryOperation, _ x: Tensor) -> Tensor {
    switch x.dtype {
    case .float32: return unaryFloat(operation, x)
    case .bfloat16, .float16: return widened(x) { unaryFloat(operation, $0) }
    case .float64: return unaryDouble(operation, x.detached())
    default:
      switch operation {
      case .negate: return binary(.subtract, 0, x)
      case .abs: return binary(.maximum, x, binary(.subtract, 0, x))
      case .squared: return binary(.multiply, x, x)
      case .relu: return binary(.maximum, x, 0)
      default: dtypeMismatch("\(operation)", x.dtype)
      }
    }
  }

  private func unaryFloat(_ operation: UnaryOperation, _ x: Tensor) -> Tensor {
    let x = x.isContiguous ? x : copy(x)
    defer { withExtendedLifetime(x) {} }
    let output = Tensor(uninitialized: x.shape, .float32)
    let (from, to) = (x.pointer(Float.self), output.pointer(Float.self))
    parallelFor(x.count, grain: operation.isCheap ? elementGrain : elementGrain / 8) { range in
      rows.unary(operation.kernel, range.count, from + range.lowerBound, to + range.lowerBound)
    }
    return output
  }

  func binary(_ operation: BinaryOperation, _ x: Tensor, _ y: Tensor) -> Tensor {
    profiled(.elementwise, .init(x, y)) { binaryResult(operation, x, y) }
  }

  private func binaryResult(_ operation: BinaryOperation, _ x: Tensor, _ y: Tensor) -> Tensor {
    let shape = x.commonShape("\(operation)", y)
    switch x.dtype {
    case .float32: return binaryFloat(operation, x, y, shape)
    case .bfloat16, .float16:
      return cast(binaryFloat(operation, cast(x, to: .float32), cast(y, to: .float32), shape), to: x.dtype)
    case .float64: return binaryNumber(operation, x, y, shape, Double.self)
    case .int64: return binaryNumber(operation, x, y, shape, Int64.self)
    case .int32: return binaryNumber(operation, x, y, shape, Int32.self)
    case .int8: return binaryNumber(operation, x, y, shape, Int8.self)
    case .uint8: return binaryNumber(operation, x, y, shape, UInt8.self)
    case .bool: dtypeMismatch("\(operation)", x.dtype)
    }
  }

  func binary(_ operation: BinaryOperation, _ x: Tensor, _ y: Double) -> Tensor {
    guard x.dtype == .float32 else { return binary(operation, x, fill([], y, x.dtype)) }
    return scalarLoop(x) { count, from, to in rows.binary_scalar(operation.kernel, count, from, Float(y), to) }
  }

  func binary(_ operation: BinaryOperation, _ x: Double, _ y: Tensor) -> Tensor {
    guard y.dtype == .float32 else { return binary(operation, fill([], x, y.dtype), y) }
    return scalarLoop(y) { count, from, to in rows.scalar_binary(operation.kernel, count, Float(x), from, to) }
  }

  private func scalarLoop(
    _ x: Tensor, _ body: (Int, UnsafePointer<Float>, UnsafeMutablePointer<Float>) -> Void
  ) -> Tensor {
    let x = x.isContiguous ? x : copy(x)
    defer { withExtendedLifetime(x) {} }
    let output = Tensor(uninitialized: x.shape, .float32)
    let (from, to) = (x.pointer(Float.self), output.pointer(Float.self))
    parallelFor(x.count, grain: elementGrain) { range in
      body(range.count, from + range.lowerBound, to + range.lowerBound)
    }
    return output
  }

  private func binaryFloat(_ operation: BinaryOperation, _ x: Tensor, _ y: Tensor, _ shape: Shape) -> Tensor {
    let operation = operation.kernel
    if x.isContiguous && y.isContiguous && x.shape == y.shape {
      let output = Tensor(uninitialized: shape, .float32)
      let (a, b, out) = (x.pointer(Float.self), y.pointer(Float.self), output.pointer(Float.self))
      parallelFor(x.count, grain: elementGrain) { range in
        let start = range.lowerBound
        rows.binary(operation, range.count, a + start, b + start, out + start)
      }
      return output
    }
    let loop = StridedLoop(shape, x.broadcastStrides(to: shape), y.broadcastStrides(to: shape))
    // The kernels walk with a stride of 1, or with one operand constant; anything else is first laid out in order.
    let (first, second) = (loop.runStrides.first, loop.runStrides.second)
    if loop.run > 1 {
      let bothConstant = first == 0 && second == 0
      if (first != 0 && first != 1) || bothConstant {
        return binary(kernel: operation, bothConstant ? copy(x.expandedView(shape)) : copy(x), y, shape)
      }
      if second != 0 && second != 1 { return binary(kernel: operation, x, copy(y), shape) }
    }
    return binary(kernel: operation, x, y, shape)
  }

  /// `binaryFloat` for operands whose innermost strides the kernels know, or that become so by one more copy.
  private func binary(kernel operation: at_binary, _ x: Tensor, _ y: Tensor, _ shape: Shape) -> Tensor {
    let loop = StridedLoop(shape, x.broadcastStrides(to: shape), y.broadcastStrides(to: shape))
    let (first, second) = (loop.runStrides.first, loop.runStrides.second)
    if loop.run > 1 && second != 0 && second != 1 { return binary(kernel: operation, x, copy(y), shape) }
    let output = Tensor(uninitialized: shape, .float32)
    let (a, b, out) = (x.pointer(Float.self), y.pointer(Float.self), output.pointer(Float.self))
    parallelFor(loop.runs, grain: loop.grain) { range in
      loop.forEachRun(range) { index, i, j, _ in
        let out = out + index * loop.run
        if second == 0 && loop.run > 1 {
          rows.binary_scalar(operation, loop.run, a + i, b[j], out)
        } else if first == 0 && loop.run > 1 {
          rows.scalar_binary(operation, loop.run, a[i], b + j, out)
        } else {
          rows.binary(operation, loop.run, a + i, b + j, out)
        }
      }
    }
    return output
  }

  private func binaryNumber<T: CPUNumber>(
    _ operation: BinaryOperation, _ x: Tensor, _ y: Tensor, _ shape: Shape, _ type: T.Type
  ) -> Tensor {
    switch operation {
    case .add: zip(x, y, shape, T.self) { T.add($0, $1) }
    case .subtract: zip(x, y, shape, T.self) { T.subtract($0, $1) }
    case .multiply: zip(x, y, shape, T.self) { T.multiply($0, $1) }
    case .divide: zip(x, y, shape, T.self) { T.divide($0, $1) }
    case .maximum: zip(x, y, shape, T.self) { $0 != $0 || $0 > $1 ? $0 : $1 }
    case .minimum: zip(x, y, shape, T.self) { $0 != $0 || $0 < $1 ? $0 : $1 }
    case .power: zip(x, y, shape, T.self) { T.power($0, $1) }
    }
  }

  func compare(_ comparison: Comparison, _ x: Tensor, _ y: Tensor) -> Tensor {
    let shape = x.commonShape("\(comparison)", y)
    switch x.dtype {
    case .float32: return compare(comparison, x, y, shape, Float.self)
    case .bfloat16, .float16:
      return compare(comparison, cast(x, to: .float32), cast(y, to: .float32), shape, Float.self)
    case .float64: return compare(comparison, x, y, shape, Double.self)
    case .int64: return compare(comparison, x, y, shape, Int64.self)
    case .int32: return compare(comparison, x, y, shape, Int32.self)
    case .int8: return compare(comparison, x, y, shape, Int8.self)
    case .uint8, .bool: return compare(comparison, x, y, shape, UInt8.self)
    }
  }

  private func compare<T: CPUNumber>(
    _ comparison: Comparison, _ x: Tensor, _ y: Tensor, _ shape: Shape, _ type: T.Type
  ) -> Tensor {
    switch comparison {
    case .equal: zip(x, y, shape, T.self, .bool) { $0 == $1 }
    case .notEqual: zip(x, y, shape, T.self, .bool) { $0 != $1 }
    case .less: zip(x, y, shape, T.self, .bool) { $0 < $1 }
    case .lessOrEqual: zip(x, y, shape, T.self, .bool) { $0 <= $1 }
    case .greater: zip(x, y, shape, T.self, .bool) { $0 > $1 }
    case .greaterOrEqual: zip(x, y, shape, T.self, .bool) { $0 >= $1 }
    }
  }

  /// One Swift function over two broadcast operands.
  @inline(__always)
  private func zip<T, R>(
    _ x: Tensor, _ y: Tensor, _ shape: Shape, _ type: T.Type, _ dtype: DType? = nil, _ body: (T, T) -> R
  ) -> Tensor {
    let output = Tensor(uninitialized: shape, dtype ?? x.dtype)
    let loop = StridedLoop(shape, x.broadcastStrides(to: shape), y.broadcastStrides(to: shape))
    let (a, b, out) = (x.pointer(T.self), y.pointer(T.self), output.pointer(R.self))
    let (first, second) = (loop.runStrides.first, loop.runStrides.second)
    parallelFor(loop.runs, grain: loop.grain) { range in
      loop.forEachRun(range) { index, i, j, _ in
        let (a, b, out) = (a + i, b + j, out + index * loop.run)
        // The usual strides get loops of their own, which the compiler turns into vector code.
        switch (first, second) {
        case (1, 1): for k in 0..<loop.run { out[k] = body(a[k], b[k]) }
        case (1, 0):
          let constant = b[0]
          for k in 0..<loop.run { out[k] = body(a[k], constant) }
        default: for k in 0..<loop.run { out[k] = body(a[k * first], b[k * second]) }
        }
      }
    }
    return output
  }
}

extension Tensor {
  /// Broadcast without recording.
  func expandedView(_ shape: Shape) -> Tensor { detached().expanded(to: shape) }
}
