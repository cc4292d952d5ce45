/// An n-dimensional array of numbers: a value behind one reference, never changed once made.
///
/// Views (``transposed(_:_:)``, ``sliced(axis:_:)``, …) share their storage and cost nothing. A tensor that is being
/// differentiated also carries its place on the tape (see ``leaf()`` and ``gradients(of:with:)``).
public struct Tensor: Sendable {
  var box: TensorBox
}

/// What a tensor refers to.
final class TensorBox: @unchecked Sendable {
  // Sendable: nothing changes; `storage` is a variable only because `isKnownUniquelyReferenced` asks for one.
  var storage: Storage
  let shape: Shape
  let strides: Dimensions
  /// Where the first element is, in elements.
  let offset: Int
  let dtype: DType
  let isContiguous: Bool
  /// The tensor's place on the tape; `nil` when it is not being differentiated.
  let node: Node?

  /// A row-major tensor at the start of `storage`.
  init(storage: Storage, shape: Shape, dtype: DType, node: Node? = nil) {
    self.storage = storage
    self.shape = shape
    self.strides = shape.contiguousStrides
    self.offset = 0
    self.dtype = dtype
    self.isContiguous = true
    self.node = node
  }

  init(storage: Storage, shape: Shape, strides: Dimensions, offset: Int, dtype: DType, node: Node? = nil) {
    self.storage = storage
    self.shape = shape
    self.strides = strides
    self.offset = offset
    self.dtype = dtype
    self.node = node
    isContiguous = TensorBox.isContiguous(shape, strides)
  }

  /// The same elements at another place of the tape.
  init(_ other: TensorBox, node: Node?) {
    storage = other.storage
    shape = other.shape
    strides = other.strides
    offset = other.offset
    dtype = other.dtype
    isContiguous = other.isContiguous
    self.node = node
  }

  /// Whether the elements lie one after another; extents of 1 may have any stride.
  private static func isContiguous(_ shape: Shape, _ strides: Dimensions) -> Bool {
    var expected = 1
    for index in (0..<shape.rank).reversed() {
      let extent = shape[index]
      if extent == 0 { return true }
      if extent != 1 && strides[index] != expected { return false }
      expected *= extent
    }
    return true
  }

  var pointer: UnsafeMutableRawPointer { storage.pointer + offset * dtype.byteCount }
}

extension Tensor {
  /// Extents, outermost first.
  public var shape: Shape { box.shape }
  /// Number of dimensions.
  public var rank: Int { box.shape.rank }
  /// Number of elements.
  public var count: Int { box.shape.elementCount }
  public var dtype: DType { box.dtype }
  /// Whether the elements lie one after another in row-major order.
  public var isContiguous: Bool { box.isContiguous }
  package var strides: Dimensions { box.strides }
  /// What keeps the elements in memory.
  package var storageOwner: any AnyObject & Sendable { box.storage }

  /// The elements in row-major order. `S` must be the type of the elements: ``cast(to:)`` first to convert.
  public func scalars<S: TensorScalar>(_ type: S.Type = S.self) -> [S] {
    guard S.dtype == dtype else { dtypeMismatch("scalars", S.dtype, dtype) }
    let dense = contiguous()
    return withExtendedLifetime(dense) {
      Array(UnsafeBufferPointer(start: UnsafePointer(dense.pointer(S.self)), count: count))
    }
  }

  /// The only element, as a double.
  public func item() -> Double {
    guard count == 1 else { shapeMismatch("item", shape) }
    return detached().cast(to: .float64).scalars(Double.self)[0]
  }

  /// Where the first element is. The caller keeps the tensor alive.
  func pointer<T>(_ type: T.Type = T.self) -> UnsafeMutablePointer<T> {
    box.pointer.assumingMemoryBound(to: type)
  }

  /// The same elements in row-major order without gaps: itself when it is so already.
  public func contiguous() -> Tensor {
    if isContiguous { return self }
    return record(.contiguous, backend.copy(self), from: self) { upstream in upstream }
  }
}

// MARK: - Access to the elements

extension Tensor {
  /// The elements of a float32 tensor, row-major.
  package func withFloats<R>(_ body: (UnsafePointer<Float>) throws -> R) rethrows -> R {
    guard dtype == .float32 else { dtypeMismatch("withFloats", dtype) }
    return try withBytes { try body($0.assumingMemoryBound(to: Float.self)) }
  }

  /// The bytes of the elements, row-major; `count · dtype.byteCount` of them.
  package func withBytes<R>(_ body: (UnsafeRawPointer) throws -> R) rethrows -> R {
    let dense = isContiguous ? self : backend.copy(self)
    return try withExtendedLifetime(dense.box) { try body(UnsafeRawPointer(dense.box.pointer)) }
  }

  /// The elements of a float32 tensor, row-major, to change in place. Copies first when anyone else can see them.
  package mutating func withMutableFloats<R>(_ body: (UnsafeMutablePointer<Float>) throws -> R) rethrows -> R {
    guard dtype == .float32 else { dtypeMismatch("withMutableFloats", dtype) }
    return try withMutableBytes { try body($0.assumingMemoryBound(to: Float.self)) }
  }

  /// Whether nobody else can see the elements, which lie one after another.
  var isOnlyOwner: Bool {
    mutating get {
      isKnownUniquelyReferenced(&box) && isKnownUniquelyReferenced(&box.storage) && !box.storage.isBorrowed
        && isContiguous && !isRecording
    }
  }

  package mutating func withMutableBytes<R>(_ body: (UnsafeMutableRawPointer) throws -> R) rethrows -> R {
    if !isOnlyOwner { self = backend.copy(self) }
    return try withExtendedLifetime(box) { try body(box.pointer) }
  }
}
