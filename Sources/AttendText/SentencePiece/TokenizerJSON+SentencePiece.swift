import AttendBase

extension SentencePieceBPE {
  /// Builds the tokenizer of a `tokenizer.json` whose model is `BPE` with bytes for what the vocabulary lacks.
  ///
  /// - Throws: as ``TokenizerFile/read(_:configuration:source:)``.
  public init(tokenizerJSON: JSON, configuration: JSON? = nil, source: String) throws(AttendError) {
    let file = TokenizerJSON(root: tokenizerJSON, source: source)
    var description = try file.sentencePieceBPE()
    if let configuration {
      var ids: [[UInt8]: Int32] = [:]
      for (id, piece) in description.vocabulary.enumerated() { ids[Array(piece)] = Int32(id) }
      description.specialTokens = SpecialTokens(configuration: configuration) { ids[Array($0.utf8)] }
      description.specialTokens.unknown = description.specialTokens.unknown ?? description.unknown
    }
    try self.init(description)
    guard !byteTokens.contains(-1) else { throw file.unsupported("model.byte_fallback without all 256 bytes") }
  }
}

extension TokenizerJSON {
  /// Whether the model merges characters and falls back to bytes, as files made from SentencePiece vocabularies say.
  var isSentencePieceBPE: Bool {
    root["model"]?["byte_fallback"]?.boolValue == true && root["model"]?["type"]?.stringValue != "Unigram"
  }

  func sentencePieceBPE() throws(AttendError) -> SentencePieceBPE.Description {
    let members = try fileMembers()
    let model = try object(members["model"] ?? .null, "model")
    try allow(
      model,
      [
        "type", "dropout", "unk_token", "continuing_subword_prefix", "end_of_word_suffix", "fuse_unk",
        "byte_fallback", "ignore_merges", "vocab", "merges",
      ], in: "model")
    if let rate = model["dropout"]?.doubleValue, rate != 0 { throw unsupported("model.dropout") }
    for name in ["continuing_subword_prefix", "end_of_word_suffix"] {
      if let text = model[name]?.stringValue, !text.isEmpty { throw unsupported("model.\(name)") }
    }
    if try flag(model["ignore_merges"], "model.ignore_merges") == true { throw unsupported("model.ignore_merges") }
    let added = try addedTokens(members["added_tokens"] ?? [])
    var description = SentencePieceBPE.Description(
      vocabulary: try vocabulary(model["vocab"] ?? .null, added),
      merges: .list(try merges(model["merges"] ?? .null)), source: source)
    description.addedTokens = added
    (description.prefix, description.suffix) = try template(members["post_processor"])
    if let name = model["unk_token"]?.stringValue {
      guard let id = model["vocab"]?[name]?.intValue.flatMap(Int32.init(exactly:)) else {
        throw damage("model.unk_token \(quoted(name)) is not in the vocabulary")
      }
      description.unknown = id
      description.specialTokens.unknown = id
    }
    try spaces(members["normalizer"], members["pre_tokenizer"], into: &description)
    try checkPieceDecoder(members["decoder"])
    return description
  }

  /// Older files write ▁ for spaces by a normalizer, newer ones by the pre-tokenizer `Metaspace`.
  private func spaces(
    _ normalizer: JSON?, _ preTokenizer: JSON?, into description: inout SentencePieceBPE.Description
  ) throws(AttendError) {
    let steps =
      normalizer?["type"]?.stringValue == "Sequence"
      ? normalizer?["normalizers"]?.arrayValue ?? [] : [normalizer ?? .null].filter { !$0.isNull }
    var writesSpaces = false
    description.space = .never
    for step in steps {
      switch step["type"]?.stringValue {
      case "Prepend" where step["prepend"]?.stringValue == "▁": description.space = .always
      case "Replace" where step["pattern"]?["String"]?.stringValue == " " && step["content"]?.stringValue == "▁":
        writesSpaces = true
      default: throw unsupported("the normalizer \(typeName(step)) here")
      }
    }
    switch preTokenizer?["type"]?.stringValue {
    case nil where writesSpaces: return
    // All spaces have become ▁: there is nothing to split at.
    case "Split" where writesSpaces && preTokenizer?["pattern"]?["String"]?.stringValue == " ": return
    case "Metaspace" where !writesSpaces:
      guard preTokenizer?["replacement"]?.stringValue == "▁",
        try flag(preTokenizer?["split"], "split") == false,
        let scheme = Metaspace.Prefix(rawValue: preTokenizer?["prepend_scheme"]?.stringValue ?? "always")
      else { throw unsupported("this Metaspace") }
      description.space = scheme
      description.doublesSpace = false
    default: throw unsupported("the pre_tokenizer \(typeName(preTokenizer)) here")
    }
  }

  private func checkPieceDecoder(_ json: JSON?) throws(AttendError) {
    let names = (json?["decoders"]?.arrayValue ?? []).map { $0["type"]?.stringValue ?? "" }
    guard json?["type"]?.stringValue == "Sequence", names.contains("ByteFallback"),
      names.contains("Replace") || names.contains("Metaspace"),
      Set(names).isSubset(of: ["Replace", "Metaspace", "ByteFallback", "Fuse", "Strip"])
    else { throw unsupported("decoder \(typeName(json)) of \(names.joined(separator: ", "))") }
  }
}
