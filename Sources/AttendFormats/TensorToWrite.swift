import AttendBase
import AttendTensor

/// A tensor on its way into a file. Its bytes are asked for only when their turn comes, so that a checkpoint larger
/// than memory can be written.
public struct TensorToWrite {
  /// Takes some of the tensor's bytes, in order.
  public typealias Sink = (UnsafeRawBufferPointer) throws -> Void

  public let name: String
  public let elementType: ElementType
  /// Lengths of the axes, outermost first.
  public let shape: [Int]
  /// Size of the bytes to come.
  let byteCount: Int
  private let bytes: (Sink) throws -> Void

  /// A tensor whose little-endian bytes `bytes` hands over, in as many pieces as it likes.
  ///
  /// - Throws: `invalidInput` when the shape is negative or beyond `Int`, or a row is not a whole number of blocks.
  public init(
    _ name: String, _ elementType: ElementType, shape: [Int], bytes: @escaping (Sink) throws -> Void
  ) throws(AttendError) {
    let size = AttendTensor.byteCount(
      of: shape, elementsPerBlock: elementType.elementsPerBlock, bitsPerBlock: elementType.bytesPerBlock * 8)
    guard let size else {
      throw AttendError(.invalidInput, "the tensor \(quoted(name)) cannot have the shape \(shape) in \(elementType)")
    }
    self.name = name
    self.elementType = elementType
    self.shape = shape
    self.bytes = bytes
    byteCount = size
  }

  /// A tensor of these little-endian bytes.
  public init(_ name: String, _ elementType: ElementType, shape: [Int], bytes: [UInt8]) throws(AttendError) {
    try self.init(name, elementType, shape: shape) { sink in try bytes.withUnsafeBytes(sink) }
  }

  /// A tensor in single precision.
  public init(_ name: String, shape: [Int], floats: [Float]) throws(AttendError) {
    try self.init(name, .dense(.float32), shape: shape) { sink in
      #if _endian(little)
        try floats.withUnsafeBytes(sink)
      #else
        try floats.map(\.bitPattern.littleEndian).withUnsafeBytes(sink)
      #endif
    }
  }

  /// A copy of a tensor in another file, perhaps under a new name.
  public init(_ view: TensorView, name: String? = nil) throws(AttendError) {
    try self.init(name ?? view.name, view.elementType, shape: view.shape) { sink in try view.withUnsafeBytes(sink) }
  }

  /// Hands the bytes over and checks their number.
  func write(to sink: Sink) throws {
    var written = 0
    try bytes { piece in
      written += piece.count
      guard written <= byteCount else { return }
      try sink(piece)
    }
    guard written == byteCount else {
      throw AttendError(
        .invalidInput,
        "the tensor \(quoted(name)) of \(elementType) \(shape) needs \(byteCount) bytes but was given \(written)")
    }
  }
}

/// Refuses tensors that share a name.
func checkNamesDiffer(_ tensors: [TensorToWrite]) throws(AttendError) {
  var names: Set<String> = []
  for tensor in tensors where !names.insert(tensor.name).inserted {
    throw AttendError(.invalidInput, "two tensors to be written have the name \(quoted(tensor.name))")
  }
}
