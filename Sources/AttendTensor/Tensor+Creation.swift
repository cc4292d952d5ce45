import AttendBase

extension Tensor {
  /// A tensor of `scalars` in row-major order; `shape` must hold exactly as many.
  public init<S: TensorScalar>(_ scalars: [S], shape: Shape) {
    guard scalars.count == shape.elementCount else { shapeMismatch("\(scalars.count) scalars", shape) }
    self = Tensor.uninitialized(shape, S.dtype) { out in
      scalars.withUnsafeBytes { bytes in
        if let start = bytes.baseAddress { out.copyMemory(from: start, byteCount: bytes.count) }
      }
    }
  }

  /// One dimension.
  public init<S: TensorScalar>(_ scalars: [S]) { self.init(scalars, shape: [scalars.count]) }

  /// A single float32 number, of shape `[]`.
  public init(_ value: Float) {
    self = Tensor.uninitialized([], .float32) { $0.storeBytes(of: value, as: Float.self) }
  }

  /// New storage, filled by `body`, which must write all `shape.elementCount · dtype.byteCount` bytes.
  package static func uninitialized(
    _ shape: Shape, _ dtype: DType = .float32, _ body: (UnsafeMutableRawPointer) throws -> Void
  ) rethrows -> Tensor {
    let tensor = Tensor(uninitialized: shape, dtype)
    try body(tensor.box.storage.pointer)
    return tensor
  }

  /// New storage that the caller fills before anyone else sees the tensor.
  init(uninitialized shape: Shape, _ dtype: DType) {
    let storage = Storage(byteCount: shape.elementCount * dtype.byteCount)
    self.init(box: TensorBox(storage: storage, shape: shape, dtype: dtype))
  }

  /// A read-only tensor over memory that `owner` keeps valid, without a copy. The caller has checked that `pointer`
  /// is aligned for `dtype` and that the memory holds the whole tensor.
  package init(
    borrowing owner: any AnyObject & Sendable, pointer: UnsafeRawPointer, shape: Shape, dtype: DType
  ) {
    let byteCount = shape.elementCount * dtype.byteCount
    let storage = Storage(borrowing: owner, pointer: pointer, byteCount: byteCount)
    self.init(box: TensorBox(storage: storage, shape: shape, dtype: dtype))
  }

  public static func zeros(_ shape: Shape, _ dtype: DType = .float32) -> Tensor {
    uninitialized(shape, dtype) { out in
      out.initializeMemory(as: UInt8.self, repeating: 0, count: shape.elementCount * dtype.byteCount)
    }
  }

  public static func ones(_ shape: Shape, _ dtype: DType = .float32) -> Tensor { full(shape, 1, dtype) }

  /// Every element is `value`, rounded to `dtype`.
  public static func full(_ shape: Shape, _ value: Double, _ dtype: DType = .float32) -> Tensor {
    backend.fill(shape, value, dtype)
  }

  /// `0, 1, …, count − 1`.
  public static func arange(_ count: Int, _ dtype: DType = .int64) -> Tensor {
    arange(from: 0, to: count, dtype)
  }

  /// `from, from + by, …`, below `to`.
  public static func arange(from: Int, to: Int, by step: Int = 1, _ dtype: DType = .int64) -> Tensor {
    Tensor(Array(stride(from: Int64(from), to: Int64(to), by: step))).cast(to: dtype)
  }

  /// Independent draws from the normal distribution.
  public static func normal(
    _ shape: Shape, mean: Double = 0, standardDeviation: Double = 1, _ dtype: DType = .float32,
    using random: inout SeededRandom
  ) -> Tensor {
    draw(shape, dtype) { mean + standardDeviation * random.normal() }
  }

  /// Independent draws from the uniform distribution on `[range.lowerBound, range.upperBound)`.
  public static func uniform(
    _ shape: Shape, in range: Range<Double> = 0..<1, _ dtype: DType = .float32, using random: inout SeededRandom
  ) -> Tensor {
    draw(shape, dtype) { range.lowerBound + (range.upperBound - range.lowerBound) * random.uniformDouble() }
  }

  private static func draw(_ shape: Shape, _ dtype: DType, _ next: () -> Double) -> Tensor {
    let doubles = uninitialized(shape, .float64) { out in
      let out = out.assumingMemoryBound(to: Double.self)
      for index in 0..<shape.elementCount { out[index] = next() }
    }
    return doubles.cast(to: dtype)
  }
}
