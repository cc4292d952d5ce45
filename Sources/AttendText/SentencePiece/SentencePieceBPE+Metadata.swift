import AttendBase

extension TokenizerMetadata {
  /// The tokenizer that a GGUF file describes.
  ///
  /// - Throws: `unsupported` for a kind that this version lacks, `damagedFile` when the parts contradict each other.
  public func tokenizer() throws(AttendError) -> any Tokenizer {
    switch model {
    case "llama", "gemma4": try SentencePieceBPE(self)
    case "bert": try WordPiece(self)
    case "t5": try SentencePieceModel(self).tokenizer()
    case "gpt2": try ByteLevelBPE(self)
    default:
      throw AttendError(
        .unsupported, "\(source): a tokenizer of the kind \(quoted(model))",
        hint: "bert, gemma4, gpt2, llama and t5 are supported")
    }
  }
}

extension SentencePieceBPE {
  /// Builds the tokenizer that a GGUF file describes: `llama` has scores, `gemma4` a list of merges.
  ///
  /// - Throws: `damagedFile` when the parts contradict each other.
  public init(_ metadata: TokenizerMetadata) throws(AttendError) { try self.init(Description(metadata)) }
}

extension SentencePieceBPE.Description {
  init(_ metadata: TokenizerMetadata) throws(AttendError) {
    let source = metadata.source
    guard metadata.tokenTypes.count == metadata.tokens.count else {
      throw AttendError(
        .damagedFile, "\(source): \(metadata.tokens.count) tokens but \(metadata.tokenTypes.count) token types")
    }
    self.init(
      vocabulary: metadata.tokens,
      merges: metadata.model == "llama" ? .scores(metadata.scores) : .list(metadata.merges), source: source)
    for (id, type) in metadata.tokenTypes.enumerated() {
      // Unknown, control and user-defined tokens are found in the text itself; bytes stand for what pieces lack.
      let (unknown, control, userDefined, byte): (Int32, Int32, Int32, Int32) = (2, 3, 4, 6)
      isHidden[id] = [unknown, control, byte].contains(type)
      guard [unknown, control, userDefined].contains(type), !metadata.tokens[id].isEmpty else { continue }
      guard let content = String(validating: metadata.tokens[id], as: UTF8.self) else {
        throw AttendError(.damagedFile, "\(source): the token \(id) is not UTF-8")
      }
      addedTokens.append(
        AddedToken(id: Int32(truncatingIfNeeded: id), content: content, isSpecial: type != userDefined))
    }
    specialTokens = metadata.specialTokens
    if specialTokens.endOfTurn == nil {
      // Gemma's files do not say which token ends a message.
      specialTokens.endOfTurn =
        addedTokens.first { $0.isSpecial && $0.content == "<end_of_turn>" }?.id
    }
    unknown = metadata.specialTokens.unknown
    space = metadata.addsSpacePrefix ?? (metadata.model == "llama") ? .always : .never
    if metadata.addsBeginning ?? true, let beginning = metadata.specialTokens.beginning {
      prefix = [beginning]
    }
    if metadata.addsEnd ?? false {
      guard let end = metadata.specialTokens.end else {
        throw AttendError(.damagedFile, "\(source): wants an end-of-text token added but names none")
      }
      suffix = [end]
    }
  }
}
