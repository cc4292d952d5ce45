import AttendBase

/// SentencePiece's `precompiled_charsmap`: a double-array trie of characters and what each becomes, usually NFKC.
///
/// Format: `Builder::EncodePrecompiledCharsMap` of https://github.com/google/sentencepiece, and darts-clone's units.
struct CharacterMap: Sendable {
  private let units: [UInt32]
  private let texts: [UInt8]

  /// - Throws: `damagedFile` when the parts do not fit.
  init(_ bytes: [UInt8], source: String) throws(AttendError) {
    func word(_ index: Int) -> UInt32 {
      (0..<4).reduce(0) { $0 | UInt32(bytes[4 * index + $1]) << UInt32(8 * $1) }
    }
    guard bytes.count >= 4, Int(word(0)) <= bytes.count - 4, word(0) % 4 == 0, word(0) > 0 else {
      throw AttendError(.damagedFile, "\(source): the precompiled_charsmap is damaged")
    }
    let count = Int(word(0)) / 4
    units = (1...count).map(word)
    texts = Array(bytes[(4 + 4 * count)...])
  }

  /// What it was read from.
  var bytes: [UInt8] {
    var bytes = CharacterMap.bytes(of: UInt32(4 * units.count))
    for unit in units { bytes += CharacterMap.bytes(of: unit) }
    return bytes + texts
  }

  private static func bytes(of word: UInt32) -> [UInt8] {
    (0..<4).map { UInt8(truncatingIfNeeded: word >> UInt32(8 * $0)) }
  }

  /// As the Hugging Face `tokenizers` library does it: whole characters when they are short, else their scalars.
  func callAsFunction(_ text: [UInt8]) -> [UInt8] {
    var result: [UInt8] = []
    result.reserveCapacity(text.count)
    for character in String(decoding: text, as: UTF8.self) {
      let bytes = Array(String(character).utf8)
      if bytes.count < 6, let found = look(up: bytes) {
        result += found
        continue
      }
      for scalar in character.unicodeScalars {
        let bytes = Array(String(scalar).utf8)
        result += look(up: bytes) ?? bytes[...]
      }
    }
    return result
  }

  private func offset(_ unit: UInt32) -> Int { Int(unit >> 10) << Int((unit & 1 << 9) >> 6) }

  /// The text that the shortest known beginning of these bytes becomes.
  private func look(up bytes: [UInt8]) -> ArraySlice<UInt8>? {
    bytes.withUnsafeBytes { bytes in
      var found: ArraySlice<UInt8>?
      walk(bytes, 0) { text, _ in
        found = text
        return false
      }
      return found
    }
  }

  /// As SentencePiece does it: the longest known beginning of the text from a position on, what it becomes, and where it
  /// ends.
  func longest(_ text: UnsafeRawBufferPointer, _ position: Int) -> (ArraySlice<UInt8>, next: Int)? {
    var found: (ArraySlice<UInt8>, Int)?
    walk(text, position) { replacement, end in
      found = (replacement, end)
      return true
    }
    return found
  }

  /// Calls `body` with what each known beginning becomes and where it ends, shortest first, until it says no.
  private func walk(
    _ text: UnsafeRawBufferPointer, _ start: Int, _ body: (ArraySlice<UInt8>, Int) -> Bool
  ) {
    var node = offset(units[0])
    for position in start..<text.count {
      let byte = text[position]
      if byte == 0 { return }
      node ^= Int(byte)
      guard units.indices.contains(node), units[node] & 0x8000_00FF == UInt32(byte) else { return }
      let unit = units[node]
      node ^= offset(unit)
      guard unit >> 8 & 1 == 1 else { continue }
      guard units.indices.contains(node) else { return }
      let textStart = Int(units[node] & 0x7FFF_FFFF)
      guard textStart < texts.count else { return }
      if !body(texts[textStart...].prefix(while: { $0 != 0 }), position + 1) { return }
    }
  }
}
