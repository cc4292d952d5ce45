import AttendBase
import AttendFormats
import AttendText

extension Checkpoint {
  /// Reads the checkpoint's tokenizer: `tokenizer.json`, a SentencePiece model, or what a GGUF file says.
  /// - Returns: nil when the checkpoint has none.
  /// - Throws: `unsupported` for a kind that this version does not read, `damaged-file`.
  public func readTokenizer() throws(AttendError) -> (any AttendText.Tokenizer)? {
    switch tokenizer {
    case .none: return nil
    case .json(let file):
      let json = try JSON(parsing: file.bytes, source: file.path)
      return try TokenizerFile.read(json, configuration: tokenizerConfiguration, source: file.path)
    case .sentencePiece(let file):
      return try SentencePieceFile.read(file, configuration: tokenizerConfiguration)
    case .gguf(let metadata):
      return try tokenizerMetadata(metadata)?.tokenizer()
    }
  }

  /// What a GGUF file says of its tokenizer; nil when it has none.
  /// - Throws: `damaged-file` when a token with a role is no id.
  package func tokenizerMetadata(_ metadata: GGUFMetadata) throws(AttendError) -> TokenizerMetadata? {
    guard let tokens = metadata["tokenizer.ggml.tokens"]?.strings,
      let model = metadata["tokenizer.ggml.model"]?.stringValue
    else { return nil }
    var description = TokenizerMetadata(
      source: path, model: model, preTokenizer: metadata["tokenizer.ggml.pre"]?.stringValue, tokens: tokens,
      merges: metadata["tokenizer.ggml.merges"]?.strings ?? ByteStrings())
    description.tokenTypes = (metadata["tokenizer.ggml.token_type"]?.integers ?? []).map { Int32(clamping: $0) }
    let (beginning, classification) = (try id("bos", metadata), try id("cls", metadata))
    description.specialTokens = SpecialTokens(
      beginning: beginning ?? classification, end: try id("eos", metadata),
      endOfTurn: try id("eot", metadata),
      unknown: try id("unknown", metadata), padding: try id("padding", metadata))
    description.addsBeginning = metadata["tokenizer.ggml.add_bos_token"]?.boolValue
    description.addsEnd = metadata["tokenizer.ggml.add_eos_token"]?.boolValue
    description.scores = metadata["tokenizer.ggml.scores"]?.floats ?? []
    description.addsSpacePrefix = metadata["tokenizer.ggml.add_space_prefix"]?.boolValue
    description.removesExtraSpaces = metadata["tokenizer.ggml.remove_extra_whitespaces"]?.boolValue
    description.charactersMap = (metadata["tokenizer.ggml.precompiled_charsmap"]?.integers ?? []).map {
      UInt8(truncatingIfNeeded: $0)
    }
    description.separator = try id("seperator", metadata)
    description.lowercases = metadata["tokenizer.ggml.normalizer.lowercase"]?.boolValue
    description.stripsAccents = metadata["tokenizer.ggml.normalizer.strip_accents"]?.boolValue
    return description
  }

  /// The tokens with which the model ends a text or a message: `eos_token_id` of `generation_config.json` and of
  /// `config.json` (one or a list), the tokenizer's ends of text and of turn, a GGUF file's `eos`, `eot` and `eom`.
  /// - Throws: `damaged-file` when one of them is no id.
  public func endTokens(_ tokenizer: (any AttendText.Tokenizer)?) throws(AttendError) -> Set<Int32> {
    var found = Set([tokenizer?.specialTokens.end, tokenizer?.specialTokens.endOfTurn].compactMap { $0 })
    switch configuration {
    case .gguf(let metadata):
      for role in ["eos", "eot", "eom"] { if let id = try id(role, metadata) { found.insert(id) } }
    case .huggingFace(let json):
      try found.formUnion(ids(json["eos_token_id"], "config.json"))
      try found.formUnion(ids(generationConfiguration?["eos_token_id"], "generation_config.json"))
    case .none: break
    }
    return found
  }

  private func id(_ role: String, _ metadata: GGUFMetadata) throws(AttendError) -> Int32? {
    let key = "tokenizer.ggml.\(role)_token_id"
    // Converters write 2³² − 1 for a token that does not exist.
    guard let value = metadata[key]?.intValue, value != UInt32.max else { return nil }
    guard let id = Int32(exactly: value), id >= 0 else {
      throw AttendError(.damagedFile, "\(path): \(key) is \(value)", hint: "convert the model again")
    }
    return id
  }

  private func ids(_ value: JSON?, _ file: String) throws(AttendError) -> [Int32] {
    guard let value, !value.isNull else { return [] }
    var ids: [Int32] = []
    for element in value.arrayValue ?? [value] {
      guard let id = element.intValue.flatMap(Int32.init(exactly:)), id >= 0 else {
        throw AttendError(.damagedFile, "\(path): eos_token_id of \(file) holds \(element.kind) that is no token id")
      }
      ids.append(id)
    }
    return ids
  }
}
