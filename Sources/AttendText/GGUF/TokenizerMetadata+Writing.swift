import AttendBase

extension TokenizerMetadata {
  /// The tokenizer as a `tokenizer.json`.
  ///
  /// - Throws: `unsupported` for a kind that is not written or an unknown pre-tokenizer, `damagedFile` when the parts
  ///   contradict each other, `invalidInput` when a token is not UTF-8.
  public func tokenizerJSON() throws -> JSON {
    switch model {
    case "gpt2":
      let description = try ByteLevelBPE.Description(self)
      // What cannot be built cannot be written either.
      _ = try ByteLevelBPE(description)
      return try description.tokenizerJSON()
    case "llama", "gemma4":
      let description = try SentencePieceBPE.Description(self)
      _ = try SentencePieceBPE(description)
      return try description.tokenizerJSON()
    case "t5": return try SentencePieceModel(self).tokenizerJSON()
    default:
      throw AttendError(
        .unsupported, "\(source): a tokenizer of the kind \(quoted(model)) is not written as tokenizer.json",
        hint: "gemma4, gpt2, llama and t5 are")
    }
  }

  /// The members of a `tokenizer_config.json` that say which tokens have a role.
  public func tokenizerConfiguration() -> JSON.Object {
    var object = JSON.Object()
    let roles = [
      ("bos_token", specialTokens.beginning), ("eos_token", specialTokens.end), ("unk_token", specialTokens.unknown),
      ("pad_token", specialTokens.padding), ("eot_token", specialTokens.endOfTurn),
    ]
    for (name, id) in roles {
      guard let id, tokens.indices.contains(Int(id)) else { continue }
      object[name] = String(validating: tokens[Int(id)], as: UTF8.self).map(JSON.string)
    }
    object["clean_up_tokenization_spaces"] = false
    object["tokenizer_class"] = "PreTrainedTokenizerFast"
    return object
  }
}

extension SentencePieceModel {
  /// A Unigram model as a `tokenizer.json`.
  fileprivate func tokenizerJSON() throws(AttendError) -> JSON {
    guard case .unigram = algorithm else { throw AttendError(.unsupported, "\(source): not a Unigram model") }
    _ = try tokenizer()
    var description = Unigram.Description(vocabulary: pieces, scores: scores.map { Double($0) }, source: source)
    description.unknown = specialTokens.unknown
    description.metaspace.prefix = normalizer.addsPrefix ? .always : .never
    for id in kinds.indices where kinds[id] == Kind.control || kinds[id] == Kind.userDefined {
      guard let content = String(validating: pieces[id], as: UTF8.self), !content.isEmpty else { continue }
      description.addedTokens.append(
        AddedToken(id: Int32(truncatingIfNeeded: id), content: content, isSpecial: kinds[id] == Kind.control))
    }
    if addsBeginning, let id = specialTokens.beginning { description.prefix = [id] }
    if addsEnd, let id = specialTokens.end { description.suffix = [id] }
    var file = try description.tokenizerJSON()
    var steps: [JSON] = []
    if let map = normalizer.map {
      steps.append(["type": "Precompiled", "precompiled_charsmap": .string(Base64.text(of: map.bytes))])
    }
    if normalizer.removesExtraSpaces {
      steps.append(["type": "Strip", "strip_left": true, "strip_right": true])
      steps.append(["type": "Replace", "pattern": ["Regex": " {2,}"], "content": " "])
    }
    if !steps.isEmpty, case .object(var members) = file {
      members["normalizer"] = ["type": "Sequence", "normalizers": .array(steps)]
      file = .object(members)
    }
    return file
  }
}

/// RFC 4648, section 4.
enum Base64 {
  static func text(of bytes: [UInt8]) -> String {
    let digits = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
    var text: [UInt8] = []
    text.reserveCapacity(bytes.count / 3 * 4 + 4)
    for start in stride(from: 0, to: bytes.count, by: 3) {
      let group = bytes[start..<min(start + 3, bytes.count)]
      let bits = group.reduce(0) { $0 << 8 | UInt32($1) } << UInt32(8 * (3 - group.count))
      for place in 0..<4 {
        text.append(place <= group.count ? digits[Int(bits >> UInt32(18 - 6 * place)) & 63] : UInt8(ascii: "="))
      }
    }
    return String(decoding: text, as: UTF8.self)
  }
}
