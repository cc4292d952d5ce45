import AttendBase

extension WordPiece {
  /// Builds the tokenizer of a `tokenizer.json` whose model is `WordPiece`.
  ///
  /// - Throws: as ``TokenizerFile/read(_:configuration:source:)``.
  public init(tokenizerJSON: JSON, configuration: JSON? = nil, source: String) throws(AttendError) {
    let file = TokenizerJSON(root: tokenizerJSON, source: source)
    var description = try file.wordPiece()
    if let configuration {
      description.specialTokens = SpecialTokens(configuration: configuration) { name in
        file.root["model"]?["vocab"]?[name]?.intValue.flatMap(Int32.init(exactly:))
      }
    }
    try self.init(description)
  }

  /// Builds the tokenizer that a GGUF file of the kind `bert` describes: ▁ marks the starts of words.
  ///
  /// - Throws: `damagedFile` when the parts contradict each other.
  public init(_ metadata: TokenizerMetadata) throws(AttendError) {
    let source = metadata.source
    guard metadata.tokenTypes.isEmpty || metadata.tokenTypes.count == metadata.tokens.count else {
      throw AttendError(
        .damagedFile, "\(source): \(metadata.tokens.count) tokens but \(metadata.tokenTypes.count) token types")
    }
    var pieces = ByteStrings()
    var continues: [Bool] = []
    var added: [AddedToken] = []
    for (id, token) in metadata.tokens.enumerated() {
      let control: Int32 = 3
      let isMarked = token.starts(with: Metaspace.mark)
      let isBracketed = token.count > 2 && token.first == UInt8(ascii: "[") && token.last == UInt8(ascii: "]")
      pieces.append(isMarked ? token.dropFirst(Metaspace.mark.count) : token)
      continues.append(!isMarked && !isBracketed)
      guard metadata.tokenTypes.indices.contains(id), metadata.tokenTypes[id] == control, !token.isEmpty else {
        continue
      }
      guard let content = String(validating: token, as: UTF8.self) else {
        throw AttendError(.damagedFile, "\(source): the token \(id) is not UTF-8")
      }
      continues[id] = false
      added.append(AddedToken(id: Int32(truncatingIfNeeded: id), content: content, isSpecial: true))
    }
    func role(_ id: Int32?, _ content: String) throws(AttendError) -> Int32 {
      guard let id = id ?? added.first(where: { $0.content == content })?.id else {
        throw AttendError(.damagedFile, "\(source): names no token \(content)")
      }
      return id
    }
    var description = Description(
      vocabulary: pieces, continues: continues, unknown: try role(metadata.specialTokens.unknown, "[UNK]"),
      cutter: try WordPiece.bertCutter(), source: source)
    description.addedTokens = added
    description.specialTokens = metadata.specialTokens
    let lowercases = metadata.lowercases ?? true
    description.normalizer.steps = [
      .bert(BertNormalization(stripsAccents: metadata.stripsAccents ?? lowercases, lowercases: lowercases))
    ]
    if metadata.addsBeginning ?? true { description.prefix = [try role(metadata.specialTokens.beginning, "[CLS]")] }
    if metadata.addsEnd ?? true { description.suffix = [try role(metadata.separator, "[SEP]")] }
    try self.init(description)
  }
}

extension TokenizerJSON {
  func wordPiece() throws(AttendError) -> WordPiece.Description {
    let members = try fileMembers()
    let model = try object(members["model"] ?? .null, "model")
    try allow(
      model, ["type", "unk_token", "continuing_subword_prefix", "max_input_chars_per_word", "vocab"], in: "model")
    let added = try addedTokens(members["added_tokens"] ?? [])
    let spellings = try vocabulary(model["vocab"] ?? .null, added)
    let mark = Array((model["continuing_subword_prefix"]?.stringValue ?? "##").utf8)
    let unknownName = model["unk_token"]?.stringValue ?? "[UNK]"
    guard let unknown = model["vocab"]?[unknownName]?.intValue.flatMap(Int32.init(exactly:)) else {
      throw damage("model.unk_token \(quoted(unknownName)) is not in the vocabulary")
    }
    var pieces = ByteStrings()
    var continues: [Bool] = []
    for spelling in spellings {
      let isContinuation = !mark.isEmpty && spelling.starts(with: mark) && spelling.count > mark.count
      continues.append(isContinuation)
      pieces.append(isContinuation ? spelling.dropFirst(mark.count) : spelling)
    }
    guard let cutting = members["pre_tokenizer"], !cutting.isNull else {
      throw unsupported("a file without a pre_tokenizer")
    }
    var description = WordPiece.Description(
      vocabulary: pieces, continues: continues, unknown: unknown, cutter: PieceCutter(try stages(cutting)),
      source: source)
    description.addedTokens = added
    description.specialTokens.unknown = unknown
    description.longestWord = model["max_input_chars_per_word"]?.intValue ?? 100
    try normalizer(members["normalizer"], into: &description.normalizer)
    (description.prefix, description.suffix) = try template(members["post_processor"])
    guard let decoder = members["decoder"], decoder["type"]?.stringValue == "WordPiece" else {
      throw unsupported("decoder \(typeName(members["decoder"]))")
    }
    guard decoder["prefix"]?.stringValue.map({ Array($0.utf8) == mark }) ?? true else {
      throw unsupported("a decoder with another prefix than the model's")
    }
    description.cleansUp = try flag(decoder["cleanup"], "cleanup") ?? true
    return description
  }
}
