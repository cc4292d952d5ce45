import AttendBase

extension ByteLevelBPE {
  /// Builds the tokenizer that a GGUF file describes.
  ///
  /// - Throws: `unsupported` for another kind of tokenizer or an unknown pre-tokenizer, `damagedFile` when the parts
  ///   contradict each other.
  public init(_ metadata: TokenizerMetadata) throws(AttendError) { try self.init(Description(metadata)) }
}

extension ByteLevelBPE.Description {
  init(_ metadata: TokenizerMetadata) throws(AttendError) {
    let source = metadata.source
    guard metadata.model == "gpt2" else {
      throw AttendError(
        .unsupported, "\(source): a tokenizer of the kind \(JSON.string(metadata.model).text())",
        hint: "byte-level BPE (\"gpt2\") is supported")
    }
    guard let name = metadata.preTokenizer else {
      throw AttendError(
        .unsupported, "\(source): does not say which pattern cuts its text (tokenizer.ggml.pre)",
        hint: "convert the model again with a current converter")
    }
    let named: NamedPreTokenizer
    do throws(AttendError) {
      named = try NamedPreTokenizer(ggufName: name)
    } catch {
      throw AttendError(error.code, "\(source): \(error.message)", hint: error.hint)
    }
    guard metadata.tokenTypes.isEmpty || metadata.tokenTypes.count == metadata.tokens.count else {
      throw AttendError(
        .damagedFile,
        "\(source): \(metadata.tokens.count) tokens but \(metadata.tokenTypes.count) token types")
    }
    self.init(vocabulary: metadata.tokens, merges: metadata.merges, preTokenizer: named.kind, source: source)
    let control: Int32 = 3
    let userDefined: Int32 = 4
    for (id, type) in metadata.tokenTypes.enumerated() where type == control || type == userDefined {
      let spelling = Array(metadata.tokens[id])
      guard spelling.withUnsafeBytes({ UTF8Sequence.firstError(in: $0) }) == nil else {
        throw AttendError(.damagedFile, "\(source): the token \(id) is not UTF-8")
      }
      addedTokens.append(
        AddedToken(
          id: Int32(truncatingIfNeeded: id), content: String(decoding: spelling, as: UTF8.self),
          isSpecial: type == control))
    }
    specialTokens = metadata.specialTokens
    ignoresMerges = named.ignoresMerges
    if metadata.addsBeginning ?? named.addsBeginning {
      guard let beginning = metadata.specialTokens.beginning else {
        throw AttendError(.damagedFile, "\(source): wants a beginning-of-text token added but names none")
      }
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
