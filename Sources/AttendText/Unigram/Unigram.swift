import AttendBase

/// A unigram language model over pieces: a word is cut into those whose probabilities have the highest product. Kudo
/// 2018, arXiv:1804.10959; the tokenizer of T5, ALBERT and XLM-R, and one that ``UnigramTrainer`` learns.
///
/// Texts that decode to themselves need `byteFallback`, or a vocabulary with all their characters; and no normalizer.
public struct Unigram: Tokenizer {
  /// How to build one.
  public struct Description: Sendable {
    /// Pieces by id, in UTF-8, words starting with ▁.
    public var vocabulary: ByteStrings
    /// Natural logarithm of each piece's probability.
    public var scores: [Double]
    /// Stands for what the vocabulary lacks.
    public var unknown: Int32?
    /// Whether what the vocabulary lacks is spelled in bytes: `<0x00>` to `<0xFF>`.
    public var byteFallback = false
    public var metaspace = Metaspace()
    public var addedTokens: [AddedToken] = []
    public var specialTokens = SpecialTokens()
    /// Ids put before and after a text when the caller wants special tokens added.
    public var prefix: [Int32] = []
    public var suffix: [Int32] = []
    var normalizer = TextNormalizer()
    /// Pieces that are never found in text by their spelling, besides bytes and added tokens.
    var hidden: [Int32] = []
    /// What an unknown character scores; when nil, less than the rarest piece.
    var unknownScore: Double?
    /// How SentencePiece prepares a whole text, in place of `normalizer` and `metaspace`.
    var sentencePiece: SentencePieceNormalizer?
    /// Whether sums of scores are rounded to single precision.
    var isSinglePrecision = false
    /// The file's name, for error messages.
    public var source: String

    public init(vocabulary: ByteStrings, scores: [Double], source: String) {
      self.vocabulary = vocabulary
      self.scores = scores
      self.source = source
    }
  }

  public let specialTokens: SpecialTokens
  private let description: Description
  private let trie: PieceTrie
  /// Bytes that each id stands for.
  private let pieces: ByteStrings
  /// Ids of the 256 bytes, when all are there.
  private let byteTokens: [Int32]?
  private let unknownScore: Double
  private let splitter: AddedTokenSplitter
  private let special: [Bool]
  /// By the bytes of a piece: one character may be spelled in two ways, each with an id.
  private let ids: [[UInt8]: Int32]

  /// What an unknown character costs more than the rarest piece, as in SentencePiece.
  static let unknownPenalty = 10.0

  /// - Throws: `damagedFile` when scores are missing or not finite, ids are out of range, or pieces repeat.
  public init(_ description: Description) throws(AttendError) {
    let vocabulary = description.vocabulary
    func damage(_ reason: String) -> AttendError { AttendError(.damagedFile, "\(description.source): \(reason)") }
    guard vocabulary.count < 1 << 28, description.scores.count == vocabulary.count else {
      throw damage("\(description.scores.count) scores for \(vocabulary.count) pieces")
    }
    guard description.scores.allSatisfy(\.isFinite) else { throw damage("a score that is not a number") }
    var roles = description.prefix + description.suffix + description.addedTokens.map(\.id)
    if let unknown = description.unknown { roles.append(unknown) }
    for id in roles where id < 0 || id >= vocabulary.count {
      throw damage("the token id \(id) lies outside the vocabulary of \(vocabulary.count)")
    }
    var ids: [[UInt8]: Int32] = [:]
    var special = [Bool](repeating: false, count: vocabulary.count)
    var isAdded = special
    for token in description.addedTokens {
      isAdded[Int(token.id)] = true
      special[Int(token.id)] = token.isSpecial
    }
    var pieces = ByteStrings()
    pieces.reserveCapacity(strings: vocabulary.count, bytes: vocabulary.bytes.count)
    var byteTokens = [Int32](repeating: -1, count: 256)
    var isByte = special
    for (id, piece) in vocabulary.enumerated() {
      if !piece.isEmpty, ids.updateValue(Int32(id), forKey: Array(piece)) != nil {
        throw damage("the piece \(quoted(String(decoding: piece, as: UTF8.self))) occurs twice")
      }
      if description.byteFallback, !isAdded[id], let byte = Unigram.byte(piece) {
        byteTokens[Int(byte)] = Int32(id)
        isByte[id] = true
        pieces.append([byte])
      } else {
        pieces.append(isAdded[id] ? Array(piece) : Unigram.unmarked(piece))
      }
    }
    self.description = description
    specialTokens = description.specialTokens
    self.pieces = pieces
    self.ids = ids
    self.special = special
    self.byteTokens = byteTokens.contains(-1) ? nil : byteTokens
    unknownScore = description.unknownScore ?? (description.scores.min() ?? 0) - Unigram.unknownPenalty
    // Text that spells out a byte or an added token is text.
    for id in description.hidden where id >= 0 && id < vocabulary.count { isByte[Int(id)] = true }
    trie = PieceTrie(vocabulary) { !isByte[$0] && !isAdded[$0] }
    splitter = try AddedTokenSplitter(description.addedTokens, normalizer: description.normalizer)
  }

  /// The byte that a piece like `<0x0A>` stands for.
  static func byte(_ piece: ArraySlice<UInt8>) -> UInt8? {
    guard piece.count == 6, piece.starts(with: Array("<0x".utf8)) else { return nil }
    let byte = UInt8(String(decoding: piece.dropFirst(3).dropLast(), as: UTF8.self), radix: 16)
    return byte.flatMap { piece.elementsEqual(spelling(of: $0)) ? $0 : nil }
  }

  /// The piece that stands for a byte.
  static func spelling(of byte: UInt8) -> [UInt8] {
    Array("<0x\(byte < 16 ? "0" : "")\(String(byte, radix: 16, uppercase: true))>".utf8)
  }

  private static func unmarked(_ piece: ArraySlice<UInt8>) -> [UInt8] {
    var result: [UInt8] = []
    var rest = piece
    while let first = rest.first {
      if rest.starts(with: Metaspace.mark) {
        result.append(0x20)
        rest = rest.dropFirst(Metaspace.mark.count)
      } else {
        result.append(first)
        rest = rest.dropFirst()
      }
    }
    return result
  }

  public var vocabularySize: Int { pieces.count }

  /// Decoded text does not have the space before its first word that encoding put there.
  public var dropsFirstSpace: Bool {
    description.sentencePiece?.addsPrefix ?? (description.metaspace.prefix != .never)
  }

  public func bytes(of id: Int32) -> ArraySlice<UInt8> {
    guard id >= 0, Int(id) < pieces.count else { return [] }
    return pieces[Int(id)]
  }

  public func isSpecial(_ id: Int32) -> Bool { id >= 0 && Int(id) < special.count && special[Int(id)] }

  public func id(of token: String) -> Int32? { ids[Array(token.utf8)] }

  public func encode(
    bytes: UnsafeRawBufferPointer, allowSpecial: Bool, addSpecialTokens: Bool
  ) throws(AttendError) -> [Int32] {
    guard bytes.count < Int(Int32.max) / 4 else {
      throw AttendError(
        .invalidInput, "a text of \(bytes.count) bytes is too long to encode at once", hint: "encode it in parts")
    }
    var ids = addSpecialTokens ? description.prefix : []
    var failure: AttendError?
    splitter.forEachPart(
      of: bytes, allowSpecial: allowSpecial, token: { ids.append($0) },
      text: { text, isFirst in
        do throws(AttendError) {
          try encodeText(text, isFirst: isFirst, &ids)
        } catch {
          failure = failure ?? error
        }
      })
    if let failure { throw failure }
    if addSpecialTokens { ids += description.suffix }
    return ids
  }

  private func encodeText(
    _ text: UnsafeRawBufferPointer, isFirst: Bool, _ ids: inout [Int32]
  ) throws(AttendError) {
    if let sentencePiece = description.sentencePiece { return try encodeWord(sentencePiece(text), &ids) }
    for word in description.metaspace.words(of: Array(text)[...], isFirst: isFirst) { try encodeWord(word, &ids) }
  }

  private func encodeWord(_ word: [UInt8], _ ids: inout [Int32]) throws(AttendError) {
    let result = word.withUnsafeBytes { word in
      Result { () throws(AttendError) in try encodeWord(word, &ids) }
    }
    try result.get()
  }

  /// The best cut, by dynamic programming from the left (Viterbi 1967). Neighbouring unknown characters are one token.
  private func encodeWord(_ word: UnsafeRawBufferPointer, _ ids: inout [Int32]) throws(AttendError) {
    let lattice = Lattice(
      word: word, trie: trie, scores: description.scores, unknownScore: unknownScore,
      isSinglePrecision: description.isSinglePrecision)
    let cut = lattice.best()
    var place = 0
    while place < cut.count {
      let (piece, start, end) = cut[place]
      place += 1
      if piece >= 0, Int32(piece) != description.unknown {
        ids.append(Int32(piece))
        continue
      }
      var last = end
      while place < cut.count, cut[place].piece < 0 || Int32(cut[place].piece) == description.unknown {
        last = cut[place].end
        place += 1
      }
      if description.byteFallback, let byteTokens {
        for byte in word[start..<last] { ids.append(byteTokens[Int(byte)]) }
      } else if let unknown = description.unknown {
        ids.append(unknown)
      } else {
        throw AttendError(
          .invalidInput, "\(description.source): the vocabulary lacks a character of the text and a token for that")
      }
    }
  }
}
