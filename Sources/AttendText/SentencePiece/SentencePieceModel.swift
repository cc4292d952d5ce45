import AttendBase

/// What a SentencePiece model says: pieces, scores, kinds and how texts are normalized. The same in a `.model` file and in
/// the metadata of a GGUF file of the kind `t5`.
struct SentencePieceModel: Sendable {
  /// The kinds of pieces; GGUF files number them in the same way.
  enum Kind {
    static let normal: Int32 = 1
    static let unknown: Int32 = 2
    static let control: Int32 = 3
    static let userDefined: Int32 = 4
    static let unused: Int32 = 5
    static let byte: Int32 = 6
  }

  enum Algorithm: Sendable { case unigram, bytePairs }

  var source: String
  var algorithm = Algorithm.unigram
  /// By id, spaces as ▁.
  var pieces = ByteStrings()
  var scores: [Float] = []
  var kinds: [Int32] = []
  var byteFallback = false
  var specialTokens = SpecialTokens()
  var normalizer = SentencePieceNormalizer()
  var addsBeginning = false
  var addsEnd = false
  /// Whether scores are summed in single precision, as SentencePiece does itself; the Hugging Face library and llama.cpp
  /// take double precision. It decides between cuts whose scores are nearly the same.
  var isSinglePrecision = false

  /// - Throws: `damagedFile` when the parts contradict each other, `unsupported`.
  func tokenizer() throws(AttendError) -> any Tokenizer {
    guard pieces.count == scores.count, pieces.count == kinds.count, pieces.count < 1 << 28, !pieces.isEmpty else {
      throw damage("\(pieces.count) pieces, \(scores.count) scores, \(kinds.count) kinds")
    }
    guard scores.allSatisfy(\.isFinite) else { throw damage("a score that is not a number") }
    var normalizer = normalizer
    let userDefined = kinds.indices.filter { kinds[$0] == Kind.userDefined && !pieces[$0].isEmpty }
    if !userDefined.isEmpty {
      var spellings = ByteStrings()
      for id in userDefined { spellings.append(spelled(id)) }
      normalizer.userDefined = PieceTrie(spellings) { _ in true }
    }
    switch algorithm {
    case .unigram: return try Unigram(unigram(normalizer))
    case .bytePairs: return try SentencePieceBPE(bytePairs(normalizer))
    }
  }

  private func damage(_ reason: String) -> AttendError { AttendError(.damagedFile, "\(source): \(reason)") }

  /// A piece as texts spell it.
  private func spelled(_ id: Int) -> [UInt8] {
    normalizer.escapesSpaces ? Array(SentencePieceBPE.unmarked(pieces[id])) : Array(pieces[id])
  }

  private func added(_ kind: Int32, spelled: Bool) throws(AttendError) -> [AddedToken] {
    var tokens: [AddedToken] = []
    for id in kinds.indices where kinds[id] == kind && !pieces[id].isEmpty {
      guard let content = String(validating: spelled ? self.spelled(id)[...] : pieces[id], as: UTF8.self) else {
        throw damage("the piece \(id) is not UTF-8")
      }
      tokens.append(
        AddedToken(
          id: Int32(truncatingIfNeeded: id), content: content, isSpecial: kind != Kind.userDefined))
    }
    return tokens
  }

  private func around() throws(AttendError) -> (prefix: [Int32], suffix: [Int32]) {
    var (prefix, suffix): ([Int32], [Int32]) = ([], [])
    if addsBeginning {
      guard let id = specialTokens.beginning else {
        throw damage("wants a beginning-of-text token added but names none")
      }
      prefix = [id]
    }
    if addsEnd {
      guard let id = specialTokens.end else { throw damage("wants an end-of-text token added but names none") }
      suffix = [id]
    }
    return (prefix, suffix)
  }

  private func unigram(_ normalizer: SentencePieceNormalizer) throws(AttendError) -> Unigram.Description {
    let normal = kinds.indices.filter { kinds[$0] == Kind.normal }.map { Double(scores[$0]) }
    var description = Unigram.Description(vocabulary: pieces, scores: scores.map { Double($0) }, source: source)
    for id in kinds.indices where kinds[id] == Kind.userDefined {
      // A bonus, so that they are always chosen where they stand.
      description.scores[id] = Double(Float(pieces[id].count) * Float(normal.max() ?? 0)) - 0.1
    }
    description.hidden = kinds.indices.filter { kinds[$0] != Kind.normal && kinds[$0] != Kind.userDefined }.map {
      Int32(truncatingIfNeeded: $0)
    }
    let unknownScore = (normal.min() ?? 0) - Unigram.unknownPenalty
    description.unknownScore = isSinglePrecision ? Double(Float(unknownScore)) : unknownScore
    description.isSinglePrecision = isSinglePrecision
    description.unknown = specialTokens.unknown
    description.byteFallback = byteFallback
    description.specialTokens = specialTokens
    description.addedTokens = try added(Kind.control, spelled: false)
    description.sentencePiece = normalizer
    (description.prefix, description.suffix) = try around()
    return description
  }

  private func bytePairs(_ normalizer: SentencePieceNormalizer) throws(AttendError) -> SentencePieceBPE.Description {
    guard !kinds.contains(Kind.unused) else {
      throw AttendError(.unsupported, "\(source): byte pairs with unused pieces")
    }
    var description = SentencePieceBPE.Description(vocabulary: pieces, merges: .scores(scores), source: source)
    description.isHidden = kinds.map { $0 != Kind.normal }
    description.unknown = specialTokens.unknown
    description.specialTokens = specialTokens
    description.addedTokens = try added(Kind.control, spelled: false)
    description.userDefined = try added(Kind.userDefined, spelled: false)
    description.sentencePiece = normalizer
    description.space = normalizer.addsPrefix ? .always : .never
    (description.prefix, description.suffix) = try around()
    return description
  }
}

extension SentencePieceModel {
  /// What a GGUF file of the kind `t5` says.
  init(_ metadata: TokenizerMetadata) throws(AttendError) {
    source = metadata.source
    pieces = metadata.tokens
    scores = metadata.scores
    kinds = metadata.tokenTypes
    specialTokens = metadata.specialTokens
    if specialTokens.unknown == nil {
      specialTokens.unknown = kinds.firstIndex(of: Kind.unknown).map { Int32(truncatingIfNeeded: $0) }
    }
    addsBeginning = metadata.addsBeginning ?? false
    addsEnd = metadata.addsEnd ?? true
    normalizer.removesExtraSpaces = metadata.removesExtraSpaces ?? false
    normalizer.addsPrefix = metadata.addsSpacePrefix ?? false
    if !metadata.charactersMap.isEmpty {
      normalizer.map = try CharacterMap(metadata.charactersMap, source: source)
    }
  }
}
