import CAttend

/// The processor: float32 through the kernels of `CAttend`, float64 and integers in plain loops, bfloat16 and float16
/// by way of float32.
struct CPUBackend: Backend {
  let rows: at_row_kernels
  nonisolated(unsafe) let kernels: UnsafePointer<at_kernels>

  /// With the best kernels of this machine, or those of `kernels` (tests).
  init(kernels: UnsafePointer<at_kernels>? = nil) {
    guard let table = kernels ?? at_kernels_best(), let rows = table.pointee.rows else {
      missingKernels()
    }
    self.kernels = table
    self.rows = rows.pointee
  }

  func fill(_ shape: Shape, _ value: Double, _ dtype: DType) -> Tensor {
    let count = shape.elementCount
    switch dtype {
    case .float32:
      return .uninitialized(shape, dtype) { $0.initializeMemory(as: Float.self, repeating: Float(value), count: count) }
    case .float64:
      return .uninitialized(shape, dtype) { $0.initializeMemory(as: Double.self, repeating: value, count: count) }
    default:
      // One element in the right dtype, then its repetition.
      let single = cast(fill([], value, .float64), to: dtype)
      return copy(single.expanded(to: shape))
    }
  }

  func copy(_ x: Tensor) -> Tensor { profiled(.copy, .init(x, operationsPerElement: 0)) { copied(x) } }

  private func copied(_ x: Tensor) -> Tensor {
    let output = Tensor(uninitialized: x.shape, x.dtype)
    let size = x.dtype.byteCount
    let (from, to) = (x.box.pointer, output.box.pointer)
    if x.isContiguous {
      parallelFor(x.count * size, grain: 1 << 18) { range in
        (to + range.lowerBound).copyMemory(from: from + range.lowerBound, byteCount: range.count)
      }
      return output
    }
    // Threads share the outermost axis; what lies below it is one strided copy each.
    let inner = Shape(x.shape.dropFirst())
    let outerStride = x.strides[0] * size
    let innerBytes = inner.elementCount * size
    let shape = inner.map { $0 }
    let strides = (1..<x.rank).map { x.strides[$0] }
    parallelFor(x.shape[0], grain: max(1, (1 << 17) / max(innerBytes, 1))) { range in
      var shape = [range.count] + shape
      var strides = [x.strides[0]] + strides
      at_copy_strided(
        size, Int32(x.rank), &shape, &strides, from + outerStride * range.lowerBound, to + innerBytes * range.lowerBound
      )
    }
    return output
  }

  /// Computes in float32 what has no arithmetic of its own.
  func widened(_ x: Tensor, _ body: (Tensor) -> Tensor) -> Tensor {
    cast(body(cast(x, to: .float32)), to: x.dtype)
  }
}

extension DType {
  /// bfloat16 and float16: stored as such, computed in float32.
  var isHalf: Bool { self == .bfloat16 || self == .float16 }

  /// The kernels' name of a floating-point dtype they convert.
  package var kernelElement: at_element? {
    switch self {
    case .float32: AT_F32
    case .bfloat16: AT_BF16
    case .float16: AT_F16
    default: nil
    }
  }
}
