import AttendText

/// The bytes of a vocabulary's tokens as a tree, laid out in the order of its walk: a subtree is a run of nodes and a run
/// of tokens.
struct TokenTrie: Sendable {
  /// The last byte of each node's text. The first node is the root, without one.
  private(set) var bytes: [UInt8] = [0]
  private(set) var depths: [Int32] = [0]
  /// The node behind each node's subtree.
  private(set) var ends: [Int32] = [1]
  /// The tokens with exactly a node's text: `tokens[tokenStarts[node]..<tokenStarts[node + 1]]`.
  private(set) var tokenStarts: [Int32] = [0]
  private(set) var tokens: [Int32] = []
  private(set) var depth = 0

  var count: Int { bytes.count }

  /// - Parameter entries: tokens and their bytes, none of them empty.
  init(_ entries: [(id: Int32, bytes: ArraySlice<UInt8>)]) {
    // Most comparisons end within the first eight bytes.
    var keyed = entries.map { entry in
      let first = entry.bytes.prefix(8)
      let key = first.reduce(UInt64(0)) { $0 << 8 | UInt64($1) } << UInt64(8 * (8 - first.count))
      return (key: key, entry: entry)
    }
    keyed.sort { first, second in
      if first.key != second.key { return first.key < second.key }
      if first.entry.bytes.elementsEqual(second.entry.bytes) { return first.entry.id < second.entry.id }
      return first.entry.bytes.lexicographicallyPrecedes(second.entry.bytes)
    }
    var open: [Int32] = [0]
    tokens.reserveCapacity(entries.count)
    var last: ArraySlice<UInt8> = []
    for (_, entry) in keyed {
      let shared = zip(last, entry.bytes).prefix { $0 == $1 }.count
      while open.count > shared + 1 { close(&open) }
      for byte in entry.bytes.dropFirst(shared) {
        open.append(Int32(bytes.count))
        bytes.append(byte)
        depths.append(Int32(open.count - 1))
        ends.append(0)
        tokenStarts.append(Int32(tokens.count))
      }
      depth = max(depth, open.count - 1)
      tokens.append(entry.id)
      last = entry.bytes
    }
    while !open.isEmpty { close(&open) }
    tokenStarts.append(Int32(tokens.count))
  }

  private mutating func close(_ open: inout [Int32]) {
    if let node = open.popLast() { ends[Int(node)] = Int32(bytes.count) }
  }
}

/// What constraints need to know of a tokenizer; built once.
package final class TokenTries: Sendable {
  let vocabularySize: Int
  /// Tokens of up to `CompiledGrammar.lookahead` bytes, and the few longer ones.
  let short: TokenTrie
  let long: TokenTrie
  /// Whether the space before the first token's text is not part of the text.
  let dropsFirstSpace: Bool
  private let tokenizer: any Tokenizer

  /// - Parameter vocabularySize: the model's, which may be larger than the tokenizer's.
  package init(_ tokenizer: any Tokenizer, vocabularySize: Int) {
    self.tokenizer = tokenizer
    self.vocabularySize = vocabularySize
    dropsFirstSpace = tokenizer.dropsFirstSpace
    var (short, long): ([(id: Int32, bytes: ArraySlice<UInt8>)], [(id: Int32, bytes: ArraySlice<UInt8>)]) = ([], [])
    for id in 0..<Int32(clamping: min(tokenizer.vocabularySize, vocabularySize)) {
      // Control tokens are never text; a token without text would come again and again.
      let bytes = tokenizer.isSpecial(id) ? [] : tokenizer.bytes(of: id)
      if bytes.isEmpty { continue }
      if bytes.count <= CompiledGrammar.lookahead { short.append((id, bytes)) } else { long.append((id, bytes)) }
    }
    self.short = TokenTrie(short)
    self.long = TokenTrie(long)
  }

  func bytes(of token: Int32) -> ArraySlice<UInt8> { tokenizer.bytes(of: token) }
}
