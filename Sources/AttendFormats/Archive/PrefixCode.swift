/// A canonical prefix code of DEFLATE (RFC 1951, section 3.2.2): shorter codes first, codes of one length in the order
/// of their symbols.
struct PrefixCode {
  static let longest = 15
  /// Codes up to this length are found by one look into a table.
  private static let tableBits = 10

  /// Symbol times 16 plus length, by the next bits of the input; 0 where the code is longer or there is none.
  private var table = [UInt16](repeating: 0, count: 1 << PrefixCode.tableBits)
  /// How many codes have each length.
  private var counts = [Int](repeating: 0, count: PrefixCode.longest + 1)
  /// The symbols in the order of their codes.
  private var symbols: [UInt16] = []

  /// - Parameter lengths: of each symbol's code, at most 15; 0 for a symbol without one.
  /// - Returns: nil when there cannot be such a code, or when it leaves some bits without a symbol. As in zlib, only a
  ///   code of a single symbol of length 1 may do that, or one of none.
  init?(lengths: ArraySlice<UInt8>) {
    for length in lengths { counts[Int(length)] += 1 }
    counts[0] = 0
    var left = 1
    for length in 1...PrefixCode.longest {
      left = 2 * left - counts[length]
      if left < 0 { return nil }
    }
    let used = counts.reduce(0, +)
    guard left == 0 || used == 0 || (used == 1 && counts[1] == 1) else { return nil }
    var starts = [Int](repeating: 0, count: PrefixCode.longest + 2)
    var codes = starts
    for length in 1...PrefixCode.longest {
      starts[length + 1] = starts[length] + counts[length]
      codes[length + 1] = (codes[length] + counts[length]) << 1
    }
    symbols = [UInt16](repeating: 0, count: used)
    for (symbol, length) in lengths.enumerated() where length > 0 {
      symbols[starts[Int(length)]] = UInt16(symbol)
      starts[Int(length)] += 1
      let code = codes[Int(length)]
      codes[Int(length)] += 1
      guard length <= PrefixCode.tableBits else { continue }
      // The input hands over a code's first bit first, in the lowest place.
      var slot = (0..<Int(length)).reduce(0) { $0 << 1 | (code >> $1) & 1 }
      while slot < table.count {
        table[slot] = UInt16(symbol) << 4 | UInt16(length)
        slot += 1 << Int(length)
      }
    }
  }

  /// The symbol whose code starts the bits, and the code's length; nil when no code does.
  /// - Parameter bits: at least 15 of them, the first in the lowest place.
  @inline(__always) func decode(_ bits: UInt64) -> (symbol: Int, length: Int)? {
    let entry = table.withUnsafeBufferPointer { $0[Int(bits & UInt64($0.count - 1))] }
    if entry != 0 { return (Int(entry >> 4), Int(entry & 15)) }
    return decodeLong(bits)
  }

  @inline(never) private func decodeLong(_ bits: UInt64) -> (symbol: Int, length: Int)? {
    var code = 0
    var first = 0
    var index = 0
    for length in 1...PrefixCode.longest {
      code |= Int(truncatingIfNeeded: bits >> UInt64(length - 1)) & 1
      if code - first < counts[length] { return (Int(symbols[index + code - first]), length) }
      index += counts[length]
      first = (first + counts[length]) << 1
      code <<= 1
    }
    return nil
  }
}
