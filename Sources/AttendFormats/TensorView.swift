import AttendBase
import AttendTensor

/// A tensor as it lies in a file: nothing is read or copied until its bytes are asked for.
public struct TensorView: Sendable {
  /// Its name in the file.
  public let name: String
  public let elementType: ElementType
  /// Lengths of the axes, outermost first (row-major). Empty for a scalar.
  public let shape: [Int]
  /// The mapping that holds the bytes; it lives as long as the view.
  public let file: MappedFile
  /// Where in the file the bytes are.
  public let byteRange: Range<Int>

  /// How many elements the shape has.
  public let elementCount: Int

  /// The readers' own initialiser: they have checked that shape, type and range agree and lie within the file.
  init(name: String, elementType: ElementType, shape: [Int], file: MappedFile, byteRange: Range<Int>) {
    self.name = name
    self.elementType = elementType
    self.shape = shape
    self.file = file
    self.byteRange = byteRange
    elementCount =
      byteRange.count / elementType.bytesPerBlock * elementType.elementsPerBlock
  }

  /// Calls `body` with the tensor's little-endian bytes; the pointer must not outlive the call.
  ///
  /// The bytes may start at any address: use unaligned loads or copy them.
  public func withUnsafeBytes<Result, Failure: Error>(
    _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    try withExtendedLifetime(file) { () throws(Failure) in try body(bytes) }
  }

  /// The tensor's bytes; valid while ``file`` lives.
  package var bytes: UnsafeRawBufferPointer { UnsafeRawBufferPointer(rebasing: file.bytes[byteRange]) }
}
