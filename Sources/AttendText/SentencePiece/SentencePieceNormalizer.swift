import AttendBase

/// What SentencePiece does to a whole text before it cuts it: `Normalizer::Normalize` of
/// https://github.com/google/sentencepiece. Unlike ``Metaspace`` it knows nothing of added tokens but those that the
/// model calls user-defined, which stay as they are.
struct SentencePieceNormalizer: Sendable {
  /// Usually NFKC; nil leaves characters as they are.
  var map: CharacterMap?
  /// Spaces at both ends go, and several in a row are one.
  var removesExtraSpaces = true
  /// A space goes before the text.
  var addsPrefix = true
  /// Spaces become ▁.
  var escapesSpaces = true
  /// The user-defined pieces, spelled as the text spells them.
  var userDefined: PieceTrie?

  func callAsFunction(_ text: UnsafeRawBufferPointer) -> [UInt8] {
    var result: [UInt8] = []
    result.reserveCapacity(text.count + text.count / 2 + 8)
    let space = escapesSpaces ? Metaspace.mark : [0x20]
    var position = 0
    // Spaces at the beginning, whatever they were before the map.
    var pending: (part: ArraySlice<UInt8>, next: Int)?
    while position < text.count {
      let (part, next) = step(text, position)
      if !removesExtraSpaces || part != [0x20] {
        pending = (part, next)
        break
      }
      position = next
    }
    guard pending != nil else { return [] }
    if addsPrefix { result += space }
    var wasSpace = removesExtraSpaces
    while position < text.count {
      var (part, next) = pending ?? step(text, position)
      pending = nil
      position = next
      while wasSpace, part.first == 0x20 { part = part.dropFirst() }
      guard let last = part.last else { continue }
      for byte in part {
        if byte == 0x20 { result += space } else { result.append(byte) }
      }
      wasSpace = removesExtraSpaces && last == 0x20
    }
    if removesExtraSpaces {
      while result.count >= space.count, result.suffix(space.count).elementsEqual(space) {
        result.removeLast(space.count)
      }
    }
    return result
  }

  /// What stands for the beginning of the text at a position, and where the rest starts.
  private func step(_ text: UnsafeRawBufferPointer, _ position: Int) -> (ArraySlice<UInt8>, next: Int) {
    if let userDefined {
      var longest = 0
      userDefined.forEachPrefix(of: text, from: position) { _, end in longest = end - position }
      if longest > 0 { return (Array(text[position..<position + longest])[...], position + longest) }
    }
    if let (part, next) = map?.longest(text, position) { return (part, next) }
    let length = UTF8Sequence.length(text, at: position)
    if length == 0 { return ([0xEF, 0xBF, 0xBD], position + 1) }
    return (Array(text[position..<position + length])[...], position + length)
  }
}
