import AttendBase

extension TokenizerMetadata {
  /// How GGUF files number the kinds of tokens; SentencePiece's models number them in the same way.
  typealias Kind = SentencePieceModel.Kind

  /// What a GGUF file says of the tokenizer of a `tokenizer.json`.
  ///
  /// - Parameters:
  ///   - configuration: the `tokenizer_config.json` beside it.
  ///   - roles: tokens with a role that these two files leave open, as `config.json` has them.
  ///   - count: rows of the model's table of tokens; ids without a token become unused ones.
  ///   - source: the file's name, for error messages.
  ///   - notes: takes what is lost without changing ids of common texts.
  /// - Throws: `unsupported` naming the part that GGUF cannot say, `damagedFile`.
  public init(
    tokenizerJSON json: JSON, configuration: JSON?, roles: SpecialTokens, count: Int, source: String,
    notes: inout [String]
  ) throws(AttendError) {
    let file = TokenizerJSON(root: json, source: source)
    let prefix: [Int32]
    let suffix: [Int32]
    if file.isSentencePieceBPE {
      let description = try file.sentencePieceBPE()
      self.init(source: source, model: "llama", preTokenizer: "default", description.vocabulary)
      try take(description, &notes)
      (prefix, suffix) = (description.prefix, description.suffix)
    } else if json["model"]?["type"]?.stringValue == "Unigram" {
      let description = try file.unigram()
      self.init(source: source, model: "t5", preTokenizer: "default", description.vocabulary)
      try take(description)
      (prefix, suffix) = (description.prefix, description.suffix)
    } else if json["model"]?["type"]?.stringValue == "WordPiece" {
      throw AttendError(.unsupported, "\(source): WordPiece is not written to GGUF")
    } else {
      let description = try file.description()
      self.init(source: source, model: "gpt2", preTokenizer: nil, description.vocabulary)
      try take(description, &notes)
      (prefix, suffix) = (description.prefix, description.suffix)
    }
    if let configuration {
      let spellings = tokens.map(Array.init)
      let named = SpecialTokens(configuration: configuration) { name in
        spellings.firstIndex { $0.elementsEqual(name.utf8) }.map { Int32($0) }
      }
      specialTokens = named.completed(by: specialTokens)
    }
    specialTokens = specialTokens.completed(by: roles)
    try take(prefix: prefix, suffix: suffix)
    try pad(to: count)
  }

  private init(source: String, model: String, preTokenizer: String?, _ tokens: ByteStrings) {
    self.init(source: source, model: model, preTokenizer: preTokenizer, tokens: tokens, merges: ByteStrings())
    tokenTypes = [Int32](repeating: Kind.normal, count: tokens.count)
  }

  /// What a GGUF file says of a SentencePiece model.
  /// - Throws: `unsupported`, `damagedFile`.
  public init(
    sentencePiece file: MappedFile, configuration: JSON?, roles: SpecialTokens, count: Int
  ) throws(AttendError) {
    let model = try SentencePieceFile.model(file, configuration: configuration)
    let isUnigram = model.algorithm == .unigram
    self.init(source: file.path, model: isUnigram ? "t5" : "llama", preTokenizer: "default", model.pieces)
    guard !isUnigram || !model.byteFallback else { throw Self.noByteFallback(file.path) }
    scores = model.scores
    tokenTypes = model.kinds
    specialTokens = model.specialTokens.completed(by: roles)
    addsBeginning = model.addsBeginning
    addsEnd = model.addsEnd
    addsSpacePrefix = model.normalizer.addsPrefix
    removesExtraSpaces = model.normalizer.removesExtraSpaces
    charactersMap = model.normalizer.map?.bytes ?? []
    guard isUnigram || charactersMap.isEmpty && !model.normalizer.removesExtraSpaces else {
      throw AttendError(.unsupported, "\(file.path): GGUF has no normalizer for SentencePiece's byte pairs")
    }
    try pad(to: count)
  }

  private static func noByteFallback(_ source: String) -> AttendError {
    AttendError(.unsupported, "\(source): GGUF's Unigram vocabularies (\"t5\") have no byte_fallback")
  }

  // MARK: The kinds

  private mutating func take(_ description: ByteLevelBPE.Description, _ notes: inout [String]) throws(AttendError) {
    guard let name = NamedPreTokenizer.name(of: description.preTokenizer, ignoresMerges: description.ignoresMerges)
    else {
      throw AttendError(
        .unsupported,
        "\(source): GGUF has no name for the pattern of this pre_tokenizer"
          + (description.ignoresMerges ? " with ignore_merges" : ""),
        hint: "known are " + PreTokenizer.ggufNames.joined(separator: ", "))
    }
    preTokenizer = name
    guard !description.addsPrefixSpace else {
      throw AttendError(.unsupported, "\(source): GGUF cannot say add_prefix_space of byte-level BPE")
    }
    for step in description.normalizer.steps {
      guard case .composed = step else {
        throw AttendError(.unsupported, "\(source): GGUF has no place for the normalizer of byte-level BPE")
      }
      notes.append("GGUF cannot say that texts are composed first (NFC): give it composed text")
    }
    merges = description.merges
    mark(description.addedTokens, &notes)
    addsSpacePrefix = false
    specialTokens.unknown = description.specialTokens.unknown
  }

  private mutating func take(
    _ description: SentencePieceBPE.Description, _ notes: inout [String]
  ) throws(AttendError) {
    scores = try description.scoresOfPieces()
    for (id, piece) in tokens.enumerated() where Unigram.byte(piece) != nil { tokenTypes[id] = Kind.byte }
    mark(description.addedTokens, &notes)
    mark(unknown: description.unknown)
    specialTokens.unknown = description.unknown
    addsSpacePrefix = description.space != .never
    if description.space == .first {
      notes.append("GGUF puts a space before text behind control tokens too, not only before the first word")
    }
  }

  private mutating func take(_ description: Unigram.Description) throws(AttendError) {
    guard !description.byteFallback else { throw Self.noByteFallback(source) }
    guard !description.metaspace.splitsAtWhiteSpace else {
      throw AttendError(.unsupported, "\(source): GGUF cannot say WhitespaceSplit before Metaspace")
    }
    scores = description.scores.map { Float($0) }
    removesExtraSpaces = false
    for step in description.normalizer.steps {
      switch step {
      case .charactersMap(let map) where charactersMap.isEmpty: charactersMap = map.bytes
      case .strip(_, right: true): removesExtraSpaces = true
      case .replacePattern(let pattern, _) where pattern.source == " {2,}": removesExtraSpaces = true
      default: throw AttendError(.unsupported, "\(source): GGUF has no place for this normalizer of Unigram")
      }
    }
    var ignored: [String] = []
    mark(description.addedTokens, &ignored)
    mark(unknown: description.unknown)
    specialTokens.unknown = description.unknown
    addsSpacePrefix = description.metaspace.prefix != .never
  }

  private mutating func mark(_ added: [AddedToken], _ notes: inout [String]) {
    for token in added where tokenTypes.indices.contains(Int(token.id)) {
      tokenTypes[Int(token.id)] = token.isSpecial ? Kind.control : Kind.userDefined
    }
    let strips = added.filter { $0.stripsLeft || $0.stripsRight || $0.isSingleWord }
    if let first = strips.first {
      notes.append(
        "GGUF cannot say lstrip, rstrip and single_word, which \(strips.count) added tokens have, such as "
          + quoted(first.content))
    }
  }

  private mutating func mark(unknown: Int32?) {
    guard let unknown, tokenTypes.indices.contains(Int(unknown)) else { return }
    tokenTypes[Int(unknown)] = Kind.unknown
  }

  // MARK: What goes around a text

  private mutating func take(prefix: [Int32], suffix: [Int32]) throws(AttendError) {
    func role(_ ids: [Int32], _ known: Int32?, _ name: String) throws(AttendError) -> Int32? {
      guard ids.count <= 1, ids.first == nil || known == nil || known == ids.first else {
        throw AttendError(
          .unsupported,
          "\(source): GGUF cannot say what this post_processor adds: \(name) is not its \(ids.count) tokens")
      }
      return ids.first ?? known
    }
    specialTokens.beginning = try role(prefix, specialTokens.beginning, "the beginning of text")
    specialTokens.end = try role(suffix, specialTokens.end, "the end of text")
    addsBeginning = !prefix.isEmpty
    addsEnd = !suffix.isEmpty
  }

  /// Gives every row of the model's table a token.
  private mutating func pad(to count: Int) throws(AttendError) {
    guard tokens.count <= count else {
      throw AttendError(
        .unsupported, "\(source): \(tokens.count) tokens, but the model has \(count)",
        hint: "tokenizer and weights are of different models")
    }
    var padded = ByteStrings()
    padded.reserveCapacity(strings: count, bytes: tokens.bytes.count + 12 * (count - tokens.count))
    for id in 0..<count {
      if id < tokens.count, !tokens[id].isEmpty {
        padded.append(tokens[id])
      } else {
        padded.append("[PAD\(id)]".utf8)
        if id < tokenTypes.count { tokenTypes[id] = Kind.unused }
      }
    }
    tokens = padded
    tokenTypes += repeatElement(Kind.unused, count: count - tokenTypes.count)
    if !scores.isEmpty { scores += repeatElement(-1e6, count: count - scores.count) }
  }
}

extension SpecialTokens {
  /// Roles that are open here are those of `others`.
  func completed(by others: SpecialTokens) -> SpecialTokens {
    SpecialTokens(
      beginning: beginning ?? others.beginning, end: end ?? others.end, endOfTurn: endOfTurn ?? others.endOfTurn,
      unknown: unknown ?? others.unknown, padding: padding ?? others.padding)
  }
}
