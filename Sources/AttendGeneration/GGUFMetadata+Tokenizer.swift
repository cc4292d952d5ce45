import AttendBase
import AttendFormats
import AttendText

extension GGUFMetadata {
  /// Adds what a tokenizer is, under the keys that ``Checkpoint/tokenizerMetadata(_:)`` reads.
  package mutating func add(_ tokenizer: TokenizerMetadata) {
    func key(_ name: String) -> String { "tokenizer.ggml." + name }
    self[key("model")] = .string(tokenizer.model)
    self[key("pre")] = tokenizer.preTokenizer.map { .string($0) }
    self[key("tokens")] = .array(.string(tokenizer.tokens))
    if !tokenizer.scores.isEmpty { self[key("scores")] = .array(.float32(tokenizer.scores)) }
    if !tokenizer.tokenTypes.isEmpty { self[key("token_type")] = .array(.int32(tokenizer.tokenTypes)) }
    if tokenizer.merges.count > 0 { self[key("merges")] = .array(.string(tokenizer.merges)) }
    let roles = tokenizer.specialTokens
    for (role, id) in [
      ("bos", roles.beginning), ("eos", roles.end), ("eot", roles.endOfTurn), ("unknown", roles.unknown),
      ("padding", roles.padding), ("seperator", tokenizer.separator),
    ] {
      if let id, id >= 0 { self[key(role + "_token_id")] = .uint32(UInt32(id)) }
    }
    self[key("add_bos_token")] = tokenizer.addsBeginning.map { .bool($0) }
    self[key("add_eos_token")] = tokenizer.addsEnd.map { .bool($0) }
    self[key("add_space_prefix")] = tokenizer.addsSpacePrefix.map { .bool($0) }
    self[key("remove_extra_whitespaces")] = tokenizer.removesExtraSpaces.map { .bool($0) }
    if !tokenizer.charactersMap.isEmpty {
      self[key("precompiled_charsmap")] = .array(.uint8(tokenizer.charactersMap))
    }
  }
}
