import AttendBase

/// Turns ids into text as they come, without ever handing out half a character.
///
/// All pieces together are what decoding all bytes at once gives, with U+FFFD for each maximal subpart of a broken
/// sequence (Unicode Standard, section 3.9), as in Python's `bytes.decode(errors="replace")`.
public struct StreamingDetokenizer: Sendable {
  private let tokenizer: any Tokenizer
  private let skipSpecial: Bool
  private var decoder = UTF8Decoder()
  private var isAtStart = true

  public init(_ tokenizer: any Tokenizer, skipSpecial: Bool = false) {
    self.tokenizer = tokenizer
    self.skipSpecial = skipSpecial
  }

  /// The text that has become certain with this id; empty while a character is incomplete.
  public mutating func append(_ id: Int32) -> String {
    if skipSpecial && tokenizer.isSpecial(id) { return "" }
    let bytes = tokenizer.bytes(of: id)
    defer { isAtStart = false }
    if isAtStart, tokenizer.dropsFirstSpace, bytes.first == UInt8(ascii: " ") {
      return decoder.append(bytes.dropFirst())
    }
    return decoder.append(bytes)
  }

  /// What was held back: U+FFFD if the ids end within a character. The decoder is ready for a new text afterwards.
  public mutating func finish() -> String {
    isAtStart = true
    return decoder.finish()
  }
}

/// Decodes UTF-8 that arrives in arbitrary portions.
public struct UTF8Decoder: Sendable {
  /// The start of a sequence that later bytes may complete: at most three bytes.
  private var pending: [UInt8] = []

  public init() {}

  public mutating func append(_ bytes: some Collection<UInt8>) -> String {
    var output: [UInt8] = []
    output.reserveCapacity(bytes.count + 4)
    for byte in bytes {
      if pending.isEmpty {
        start(byte, &output)
      } else if continues(byte) {
        pending.append(byte)
        if pending.count == UTF8Decoder.length(lead: pending[0]) {
          output.append(contentsOf: pending)
          pending.removeAll(keepingCapacity: true)
        }
      } else {
        output.append(contentsOf: UTF8Decoder.replacement)
        pending.removeAll(keepingCapacity: true)
        start(byte, &output)
      }
    }
    return String(decoding: output, as: UTF8.self)
  }

  public mutating func finish() -> String {
    defer { pending.removeAll(keepingCapacity: true) }
    return pending.isEmpty ? "" : "\u{FFFD}"
  }

  private static let replacement: [UInt8] = [0xEF, 0xBF, 0xBD]

  private mutating func start(_ byte: UInt8, _ output: inout [UInt8]) {
    switch UTF8Decoder.length(lead: byte) {
    case 1: output.append(byte)
    case 0: output.append(contentsOf: UTF8Decoder.replacement)
    default: pending.append(byte)
    }
  }

  private func continues(_ byte: UInt8) -> Bool {
    pending.count > 1 ? byte & 0xC0 == 0x80 : UTF8Sequence.secondByteRange(lead: pending[0]).contains(byte)
  }

  private static func length(lead: UInt8) -> Int {
    switch lead {
    case 0..<0x80: 1
    case 0xC2..<0xE0: 2
    case 0xE0..<0xF0: 3
    case 0xF0..<0xF5: 4
    default: 0
    }
  }
}
