import AttendBase

/// The tokenizer of BERT: a word is cut into the longest piece that the vocabulary has, the longest continuation, and so
/// on. Schuster and Nakajima 2012; Devlin et al. 2018, arXiv:1810.04805.
///
/// Decoded text is not the text that was encoded: case, accents and most white space are lost.
public struct WordPiece: Tokenizer {
  /// How to build one.
  public struct Description: Sendable {
    /// Pieces by id, without what marks continuations.
    public var vocabulary: ByteStrings
    /// Which pieces continue a word; all others start one.
    public var continues: [Bool]
    /// Stands for a word that the vocabulary cannot spell.
    public var unknown: Int32
    /// Longer words are unknown.
    public var longestWord = 100
    public var addedTokens: [AddedToken] = []
    public var specialTokens = SpecialTokens()
    /// Ids put before and after a text when the caller wants special tokens added.
    public var prefix: [Int32] = []
    public var suffix: [Int32] = []
    /// Whether decoded text has no space before punctuation and contractions.
    public var cleansUp = true
    var normalizer = TextNormalizer()
    var cutter: PieceCutter
    /// The file's name, for error messages.
    public var source: String

    init(
      vocabulary: ByteStrings, continues: [Bool], unknown: Int32, cutter: PieceCutter, source: String
    ) {
      self.vocabulary = vocabulary
      self.continues = continues
      self.unknown = unknown
      self.cutter = cutter
      self.source = source
    }
  }

  public let specialTokens: SpecialTokens
  private let starts, continuations: PieceTrie
  private let ids: [[UInt8]: Int32]
  /// Bytes that each id stands for.
  private let pieces: ByteStrings
  private let special: [Bool]
  private let splitter: AddedTokenSplitter
  private let cutter: PieceCutter
  private let unknown: Int32
  private let longestWord: Int
  private let prefix, suffix: [Int32]

  /// - Throws: `damagedFile` when ids are out of range.
  public init(_ description: Description) throws(AttendError) {
    let count = description.vocabulary.count
    let ids = description.prefix + description.suffix + description.addedTokens.map(\.id) + [description.unknown]
    for id in ids where id < 0 || id >= count {
      throw AttendError(
        .damagedFile, "\(description.source): the token id \(id) lies outside the vocabulary of \(count)")
    }
    guard description.continues.count == count, count < 1 << 28 else {
      throw AttendError(.damagedFile, "\(description.source): a vocabulary of \(count) pieces")
    }
    var special = [Bool](repeating: false, count: count)
    for token in description.addedTokens where token.isSpecial { special[Int(token.id)] = true }
    self.special = special
    starts = PieceTrie(description.vocabulary) { !description.continues[$0] }
    continuations = PieceTrie(description.vocabulary) { description.continues[$0] }
    var pieces = ByteStrings()
    pieces.reserveCapacity(strings: count, bytes: description.vocabulary.bytes.count + count)
    var byPiece: [[UInt8]: Int32] = [:]
    for (id, piece) in description.vocabulary.enumerated() {
      byPiece[(description.continues[id] ? Array("##".utf8) : []) + piece] = Int32(id)
      pieces.append(
        description.continues[id]
          ? Array(piece) : description.cleansUp ? WordPiece.cleaned([0x20] + piece) : [0x20] + piece)
    }
    self.pieces = pieces
    self.ids = byPiece
    splitter = try AddedTokenSplitter(description.addedTokens, normalizer: description.normalizer)
    specialTokens = description.specialTokens
    cutter = description.cutter
    unknown = description.unknown
    longestWord = description.longestWord
    prefix = description.prefix
    suffix = description.suffix
  }

  /// No space before what never has one.
  private static func cleaned(_ piece: [UInt8]) -> [UInt8] {
    switch String(decoding: piece, as: UTF8.self) {
    case " .", " ?", " !", " ,", " n't", " 'm", " 's", " 've", " 're": Array(piece.dropFirst())
    default: piece
    }
  }

  /// Whether words are cut as BERT does: at white space, punctuation apart.
  static func bertCutter() throws(AttendError) -> PieceCutter {
    PieceCutter([
      PieceCutter.Stage(pattern: try TextPattern(#"\s+"#), behavior: .removed),
      PieceCutter.Stage(pattern: try TextPattern(#"[!-/:-@\[-`{-~\p{P}]"#)),
    ])
  }

  public var vocabularySize: Int { pieces.count }
  public var dropsFirstSpace: Bool { true }

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
    var ids = addSpecialTokens ? prefix : []
    var failure: AttendError?
    splitter.forEachPart(
      of: bytes, allowSpecial: allowSpecial, token: { ids.append($0) },
      text: { text, _ in
        do throws(AttendError) {
          try cutter.forEachPiece(of: text) { encodeWord(text, $0, $1, &ids) }
        } catch {
          failure = failure ?? error
        }
      })
    if let failure { throw failure }
    if addSpecialTokens { ids += suffix }
    return ids
  }

  private func encodeWord(_ text: UnsafeRawBufferPointer, _ start: Int, _ end: Int, _ ids: inout [Int32]) {
    let word = UnsafeRawBufferPointer(rebasing: text[start..<end])
    // Characters are what is counted; bytes that only continue one are not.
    guard word.count <= longestWord || word.count(where: { $0 & 0xC0 != 0x80 }) <= longestWord else {
      return ids.append(unknown)
    }
    let before = ids.count
    var position = 0
    while position < word.count {
      var found: (piece: Int, end: Int)?
      (position == 0 ? starts : continuations).forEachPrefix(of: word, from: position) { found = ($0, $1) }
      guard let found else {
        ids.removeSubrange(before...)
        return ids.append(unknown)
      }
      ids.append(Int32(truncatingIfNeeded: found.piece))
      position = found.end
    }
  }
}
