import AttendBase

/// Unpacks DEFLATE (RFC 1951) into memory of a size that is known beforehand.
struct Inflate {
  private let input: UnsafeRawBufferPointer
  private let output: UnsafeMutableRawBufferPointer
  private let source: String
  private var read = 0
  private var written = 0
  /// Bits that have been read and not used yet, the next one in the lowest place; zeros above.
  private var bits: UInt64 = 0
  private var bitCount = 0

  /// DEFLATE never gains more than this: two bits for 258 bytes.
  static let highestRatio = 1032

  /// Fills `output` from `input`.
  ///
  /// - Throws: `damagedFile` when the bytes are not DEFLATE or do not fill the output exactly.
  static func unpack(
    _ input: UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer, source: String
  ) throws(AttendError) {
    var inflate = Inflate(input: input, output: output, source: source)
    try inflate.run()
  }

  private init(input: UnsafeRawBufferPointer, output: UnsafeMutableRawBufferPointer, source: String) {
    self.input = input
    self.output = output
    self.source = source
  }

  private mutating func run() throws(AttendError) {
    var isLast = false
    while !isLast {
      isLast = try take(1) == 1
      switch try take(2) {
      case 0: try copyStored()
      case 1: try decode(Inflate.fixedLiterals, Inflate.fixedDistances)
      case 2:
        let (literals, distances) = try readCodes()
        try decode(literals, distances)
      default: throw damage("a block of a kind that does not exist")
      }
    }
    guard written == output.count else {
      throw damage("\(written) bytes instead of \(output.count) come out of its compressed data")
    }
  }

  // MARK: Bits

  /// Makes at least 56 bits available, or all there are.
  @inline(__always) private mutating func refill() {
    while bitCount <= 56, read < input.count {
      bits |= UInt64(input[read]) << UInt64(bitCount)
      bitCount += 8
      read += 1
    }
  }

  @inline(__always) private mutating func drop(_ count: Int) throws(AttendError) {
    guard count <= bitCount else { throw damage("its compressed data ends too early") }
    bits >>= UInt64(count)
    bitCount -= count
  }

  /// The next bits as a number, at most 16 of them.
  @inline(__always) private mutating func take(_ count: Int) throws(AttendError) -> Int {
    refill()
    let value = Int(bits & (1 << UInt64(count) - 1))
    try drop(count)
    return value
  }

  @inline(__always) private mutating func symbol(_ code: PrefixCode) throws(AttendError) -> Int {
    refill()
    guard let (symbol, length) = code.decode(bits) else { throw damage("a code that does not exist") }
    try drop(length)
    return symbol
  }

  // MARK: Blocks

  private mutating func copyStored() throws(AttendError) {
    try drop(bitCount % 8)
    let count = try take(16)
    guard try take(16) == ~count & 0xFFFF else { throw damage("a stored block whose length is wrong") }
    // What is in the bit buffer are whole bytes of the block.
    read -= bitCount / 8
    (bits, bitCount) = (0, 0)
    guard count <= input.count - read else { throw damage("its compressed data ends too early") }
    guard count <= output.count - written else { throw tooLong() }
    UnsafeMutableRawBufferPointer(rebasing: output[written..<written + count])
      .copyMemory(from: UnsafeRawBufferPointer(rebasing: input[read..<read + count]))
    read += count
    written += count
  }

  private mutating func readCodes() throws(AttendError) -> (PrefixCode, PrefixCode) {
    let literals = try take(5) + 257
    let distances = try take(5) + 1
    let lengthCodes = try take(4) + 4
    guard literals <= 286, distances <= 30 else { throw damage("a block with too many codes") }
    var lengths = [UInt8](repeating: 0, count: 19)
    for place in Inflate.order.prefix(lengthCodes) { lengths[place] = UInt8(try take(3)) }
    guard let code = PrefixCode(lengths: lengths[...]) else { throw damage("a block with impossible codes") }
    lengths = []
    while lengths.count < literals + distances {
      let symbol = try symbol(code)
      switch symbol {
      case 16:
        guard let last = lengths.last else { throw damage("a block with impossible codes") }
        lengths.append(contentsOf: repeatElement(last, count: try take(2) + 3))
      case 17: lengths.append(contentsOf: repeatElement(0, count: try take(3) + 3))
      case 18: lengths.append(contentsOf: repeatElement(0, count: try take(7) + 11))
      default: lengths.append(UInt8(symbol))
      }
    }
    guard lengths.count == literals + distances, lengths[256] > 0,
      let literalCode = PrefixCode(lengths: lengths[..<literals]),
      let distanceCode = PrefixCode(lengths: lengths[literals...])
    else { throw damage("a block with impossible codes") }
    return (literalCode, distanceCode)
  }

  private mutating func decode(_ literals: PrefixCode, _ distances: PrefixCode) throws(AttendError) {
    while true {
      let value = try symbol(literals)
      if value < 256 {
        guard written < output.count else { throw tooLong() }
        output[written] = UInt8(value)
        written += 1
        continue
      }
      if value == 256 { return }
      guard value < 286 else { throw damage("a code that does not exist") }
      let (lengthBase, lengthBits) = Inflate.lengths[value - 257]
      let length = lengthBase + (try take(lengthBits))
      let place = try symbol(distances)
      guard place < 30 else { throw damage("a code that does not exist") }
      let (distanceBase, distanceBits) = Inflate.distances[place]
      let distance = distanceBase + (try take(distanceBits))
      guard distance <= written else { throw damage("a reference to bytes before its start") }
      guard length <= output.count - written else { throw tooLong() }
      // The copy may read what it has just written.
      for position in written..<written + length { output[position] = output[position - distance] }
      written += length
    }
  }

  private func tooLong() -> AttendError {
    damage("more than the \(output.count) bytes that it promises come out of its compressed data")
  }

  private func damage(_ reason: String) -> AttendError {
    AttendError(.damagedFile, "\(source): \(reason)", hint: "the file is damaged: fetch it again")
  }

  // MARK: Tables of RFC 1951, sections 3.2.5 to 3.2.7

  private static let order = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15]

  /// Smallest length and number of extra bits by symbol above 256.
  private static let lengths: [(Int, Int)] = {
    var lengths = (0..<8).map { (3 + $0, 0) }
    for bits in 1...5 { lengths += (0..<4).map { ((4 + $0) << bits + 3, bits) } }
    lengths.append((258, 0))
    // The last of the groups would reach 258 too; the format gives that length a symbol of its own.
    return lengths
  }()

  /// Smallest distance and number of extra bits.
  private static let distances: [(Int, Int)] = {
    var distances = (0..<4).map { (1 + $0, 0) }
    for bits in 1...13 { distances += (0..<2).map { ((2 + $0) << bits + 1, bits) } }
    return distances
  }()

  // Complete codes, so they exist.
  private static let fixedLiterals = PrefixCode(
    lengths: ([UInt8](repeating: 8, count: 144) + [UInt8](repeating: 9, count: 112) + [UInt8](repeating: 7, count: 24)
      + [UInt8](repeating: 8, count: 8))[...]
  ).unsafelyUnwrapped
  private static let fixedDistances = PrefixCode(lengths: [UInt8](repeating: 5, count: 32)[...]).unsafelyUnwrapped
}
