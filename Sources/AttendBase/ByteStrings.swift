/// Many byte strings in one buffer: a vocabulary of a hundred thousand tokens costs two allocations.
///
/// The strings are bytes, not text: a byte-level vocabulary may hold anything.
public struct ByteStrings: Sendable, RandomAccessCollection {
  /// All strings end to end.
  public private(set) var bytes: [UInt8] = []
  /// Start of each string in `bytes`; one more entry than there are strings.
  public private(set) var offsets: [Int] = [0]

  public init() {}

  public init(_ strings: some Sequence<String>) {
    for string in strings { append(string.utf8) }
  }

  /// Takes strings that already lie end to end; `offsets` never decreases, from 0 to `bytes.count`.
  package init(bytes: [UInt8], offsets: [Int]) {
    assert(offsets.first == 0 && offsets.last == bytes.count)
    self.bytes = bytes
    self.offsets = offsets
  }

  public var startIndex: Int { 0 }
  public var endIndex: Int { offsets.count - 1 }

  public subscript(position: Int) -> ArraySlice<UInt8> {
    bytes[offsets[position]..<offsets[position + 1]]
  }

  public mutating func reserveCapacity(strings: Int, bytes count: Int) {
    offsets.reserveCapacity(strings + 1)
    bytes.reserveCapacity(count)
  }

  public mutating func append(_ string: some Sequence<UInt8>) {
    bytes.append(contentsOf: string)
    offsets.append(bytes.count)
  }
}
