import AttendBase

/// Byte-pair encoding over characters as SentencePiece does it (Kudo and Richardson 2018, arXiv:1808.06226): spaces are
/// the visible character ▁, and what the vocabulary lacks is spelled in bytes. The tokenizer of Llama 2, Mistral and
/// Gemma.
///
/// Again and again the best pair of neighbours becomes one piece, leftmost first. n · log n in the length of a word; a
/// text is cut before spaces wherever no piece reaches across.
public struct SentencePieceBPE: Tokenizer {
  /// Which pair is the best.
  public enum Merges: Sendable {
    /// The one whose joined piece has the highest score, one for each id.
    case scores([Float])
    /// `left right`, best first.
    case list(ByteStrings)
  }

  /// How to build one; each front end (GGUF metadata, tokenizer.json) fills it in.
  public struct Description: Sendable {
    /// Pieces by id, in UTF-8, spaces as ▁.
    public var vocabulary: ByteStrings
    public var merges: Merges
    /// Ids whose pieces are never found in text by their spelling: control tokens and bytes.
    public var isHidden: [Bool]
    public var addedTokens: [AddedToken] = []
    public var specialTokens = SpecialTokens()
    /// Stands for what neither pieces nor bytes can spell.
    public var unknown: Int32?
    /// Where ▁ goes although the text has no space there.
    public var space = Metaspace.Prefix.always
    /// Whether text that starts with a space gets another one.
    public var doublesSpace = true
    /// Ids put before and after a text when the caller wants special tokens added.
    public var prefix: [Int32] = []
    public var suffix: [Int32] = []
    /// How SentencePiece prepares a whole text, in place of `space` and `doublesSpace`.
    var sentencePiece: SentencePieceNormalizer?
    /// With that: pieces that stay whole, as the vocabulary spells them.
    var userDefined: [AddedToken] = []
    /// The file's name, for error messages.
    public var source: String

    public init(vocabulary: ByteStrings, merges: Merges, source: String) {
      self.vocabulary = vocabulary
      self.merges = merges
      self.source = source
      isHidden = [Bool](repeating: false, count: vocabulary.count)
    }
  }

  public let specialTokens: SpecialTokens
  let order: PieceMerger.Order
  let vocabulary: ByteStrings
  let index: TokenIndex
  /// Bytes that each id stands for.
  private let pieces: ByteStrings
  /// Ids of the 256 bytes; −1 where there is none.
  let byteTokens: [Int32]
  let unknown: Int32?
  private let addedTokens: [String: AddedToken]
  private let matchers: [AddedTokenMatcher]
  private let special: [Bool]
  private let prefix, suffix: [Int32]
  private let space: Metaspace.Prefix
  private let doublesSpace: Bool
  private let sentencePiece: SentencePieceNormalizer?
  private let userDefined: AddedTokenMatcher
  /// Whether some piece has ▁ behind a character that ends in this byte: there a text must not be cut.
  private let joinsSpace: [Bool]

  /// - Throws: `damagedFile` when scores are missing or not numbers, ids are out of range, or a merge names pieces that
  ///   do not exist.
  public init(_ description: Description) throws(AttendError) {
    let vocabulary = description.vocabulary
    func damage(_ reason: String) -> AttendError { AttendError(.damagedFile, "\(description.source): \(reason)") }
    guard vocabulary.count < 1 << 28, description.isHidden.count == vocabulary.count else {
      throw damage("a vocabulary of \(vocabulary.count) pieces")
    }
    let roles = description.prefix + description.suffix + description.addedTokens.map(\.id)
    for id in roles + [description.unknown].compactMap(\.self) where id < 0 || id >= vocabulary.count {
      throw damage("the token id \(id) lies outside the vocabulary of \(vocabulary.count)")
    }
    var isHidden = description.isHidden
    var special = [Bool](repeating: false, count: vocabulary.count)
    for token in description.addedTokens where token.isSpecial {
      special[Int(token.id)] = true
      isHidden[Int(token.id)] = true
    }
    var byteTokens = [Int32](repeating: -1, count: 256)
    var pieces = ByteStrings()
    pieces.reserveCapacity(strings: vocabulary.count, bytes: vocabulary.bytes.count)
    var joinsSpace = [Bool](repeating: false, count: 256)
    for (id, piece) in vocabulary.enumerated() {
      if let byte = Unigram.byte(piece), !special[id] {
        byteTokens[Int(byte)] = Int32(id)
        isHidden[id] = true
        pieces.append([byte])
        continue
      }
      pieces.append(special[id] ? Array(piece) : SentencePieceBPE.unmarked(piece))
      if !isHidden[id] { SentencePieceBPE.noteJoinedSpaces(piece, &joinsSpace) }
    }
    var duplicates: (Int, Int)?
    index = TokenIndex(vocabulary, duplicates: &duplicates) {
      !isHidden[$0] && vocabulary.offsets[$0] < vocabulary.offsets[$0 + 1]
    }
    switch description.merges {
    case .scores(let scores):
      guard scores.count == vocabulary.count, !scores.contains(where: \.isNaN) else {
        throw damage("\(scores.count) scores for \(vocabulary.count) pieces, or one that is not a number")
      }
      order = .scores(scores)
    case .list(let list):
      order = .ranks(try ByteLevelBPE.resolve(list, vocabulary, index, description.source))
    }
    self.vocabulary = vocabulary
    self.pieces = pieces
    self.byteTokens = byteTokens
    self.special = special
    self.joinsSpace = joinsSpace
    unknown = description.unknown
    specialTokens = description.specialTokens
    addedTokens = Dictionary(description.addedTokens.map { ($0.content, $0) }) { first, _ in first }
    prefix = description.prefix
    suffix = description.suffix
    space = description.space
    doublesSpace = description.doublesSpace
    sentencePiece = description.sentencePiece
    userDefined = try AddedTokenMatcher(description.userDefined)
    matchers = try [false, true].map { (normalized) throws(AttendError) -> AddedTokenMatcher in
      try AddedTokenMatcher(description.addedTokens.filter { $0.isNormalized == normalized })
    }.filter { !$0.isEmpty }
  }

  static func unmarked(_ piece: ArraySlice<UInt8>) -> [UInt8] {
    var result: [UInt8] = []
    var rest = piece
    while let first = rest.first {
      let isMark = rest.starts(with: Metaspace.mark)
      result.append(isMark ? 0x20 : first)
      rest = rest.dropFirst(isMark ? Metaspace.mark.count : 1)
    }
    return result
  }

  private static func noteJoinedSpaces(_ piece: ArraySlice<UInt8>, _ joinsSpace: inout [Bool]) {
    guard piece.count > Metaspace.mark.count else { return }
    for position in piece.indices.dropFirst()
    where piece[position] == Metaspace.mark[0] && piece[position...].starts(with: Metaspace.mark) {
      if !piece[..<position].hasSuffix(Metaspace.mark) { joinsSpace[Int(piece[position - 1])] = true }
    }
  }

  public var vocabularySize: Int { pieces.count }
  public var dropsFirstSpace: Bool { space != .never }

  public func bytes(of id: Int32) -> ArraySlice<UInt8> {
    guard id >= 0, Int(id) < pieces.count else { return [] }
    return pieces[Int(id)]
  }

  public func isSpecial(_ id: Int32) -> Bool { id >= 0 && Int(id) < special.count && special[Int(id)] }

  public func id(of token: String) -> Int32? {
    if let added = addedTokens[token] { return added.id }
    let bytes = Array(token.utf8)
    return vocabulary.firstIndex { $0.elementsEqual(bytes) }.map(Int32.init)
  }

  public func encode(
    bytes: UnsafeRawBufferPointer, allowSpecial: Bool, addSpecialTokens: Bool
  ) throws(AttendError) -> [Int32] {
    guard bytes.count < Int(Int32.max) / 4 else {
      throw AttendError(
        .invalidInput, "a text of \(bytes.count) bytes is too long to encode at once", hint: "encode it in parts")
    }
    var ids = addSpecialTokens ? prefix : []
    var merger = PieceMerger()
    encode(bytes, matchers[...], allowSpecial, isFirst: true, &merger, &ids)
    if addSpecialTokens { ids += suffix }
    return ids
  }

  /// Cuts the text at the tokens of the first matcher, what lies between at those of the next, and so on.
  private func encode(
    _ bytes: UnsafeRawBufferPointer, _ matchers: ArraySlice<AddedTokenMatcher>, _ allowSpecial: Bool, isFirst: Bool,
    _ merger: inout PieceMerger, _ ids: inout [Int32]
  ) {
    guard let matcher = matchers.first else { return encodeText(bytes, isFirst: isFirst, &merger, &ids) }
    var start = 0
    while let match = matcher.next(in: bytes, from: start, includesSpecial: allowSpecial) {
      encode(
        UnsafeRawBufferPointer(rebasing: bytes[start..<match.range.lowerBound]), matchers.dropFirst(), allowSpecial,
        isFirst: isFirst && start == 0, &merger, &ids)
      ids.append(match.id)
      start = match.range.upperBound
    }
    encode(
      UnsafeRawBufferPointer(rebasing: bytes[start...]), matchers.dropFirst(), allowSpecial,
      isFirst: isFirst && start == 0, &merger, &ids)
  }

  private func encodeText(
    _ bytes: UnsafeRawBufferPointer, isFirst: Bool, _ merger: inout PieceMerger, _ ids: inout [Int32]
  ) {
    guard let first = bytes.first else { return }
    if let sentencePiece {
      return sentencePiece(bytes).withUnsafeBytes { text in
        var start = 0
        while !userDefined.isEmpty, let match = userDefined.next(in: text, from: start, includesSpecial: true) {
          mergeWords(UnsafeRawBufferPointer(rebasing: text[start..<match.range.lowerBound]), &merger, &ids)
          ids.append(match.id)
          start = match.range.upperBound
        }
        mergeWords(UnsafeRawBufferPointer(rebasing: text[start...]), &merger, &ids)
      }
    }
    var text: [UInt8] = []
    text.reserveCapacity(bytes.count + bytes.count / 2 + 3)
    let startsWithSpace = first == 0x20 || bytes.starts(with: Metaspace.mark)
    if space == .always || space == .first && isFirst, doublesSpace || !startsWithSpace { text += Metaspace.mark }
    for byte in bytes {
      if byte == 0x20 { text += Metaspace.mark } else { text.append(byte) }
    }
    text.withUnsafeBytes { mergeWords($0, &merger, &ids) }
  }

  /// Cuts a text before spaces that no piece reaches across, and merges what lies between.
  private func mergeWords(_ text: UnsafeRawBufferPointer, _ merger: inout PieceMerger, _ ids: inout [Int32]) {
    var start = 0
    for position in 1..<max(text.count, 1) where text[position] == Metaspace.mark[0] {
      if !joinsSpace[Int(text[position - 1])], isMark(text, position), !isMark(text, position - Metaspace.mark.count) {
        merger.merge(UnsafeRawBufferPointer(rebasing: text[start..<position]), self, &ids)
        start = position
      }
    }
    merger.merge(UnsafeRawBufferPointer(rebasing: text[start...]), self, &ids)
  }

  private func isMark(_ text: UnsafeRawBufferPointer, _ position: Int) -> Bool {
    position >= 0 && position + 3 <= text.count && text[position] == Metaspace.mark[0]
      && text[position + 1] == Metaspace.mark[1] && text[position + 2] == Metaspace.mark[2]
  }
}

extension ArraySlice<UInt8> {
  fileprivate func hasSuffix(_ suffix: [UInt8]) -> Bool { self.suffix(suffix.count).elementsEqual(suffix) }
}
