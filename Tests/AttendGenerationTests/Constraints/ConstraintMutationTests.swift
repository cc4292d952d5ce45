import AttendBase
import AttendTestSupport
import Testing

/// Damaged grammars, schemas and calls: they may be refused, but nothing else. The checks are in the fuzz functions.
@Suite struct ConstraintMutationTests {
  private func mutate(_ names: [String], count: Int, seed: UInt64, _ run: (UnsafeRawBufferPointer) -> Void) throws {
    let seeds = try names.map { name in
      try MappedFile(path: TestFixtures.path("grammars/\(name)")).copied
    }
    var random = SeededRandom(seed: seed)
    for _ in 0..<count {
      var bytes = seeds.randomElement(using: &random) ?? []
      for _ in 0...Int.random(in: 0...3, using: &random) where !bytes.isEmpty {
        let start = Int.random(in: 0..<bytes.count, using: &random)
        let end = min(start + Int.random(in: 1...12, using: &random), bytes.count)
        switch Int.random(in: 0..<5, using: &random) {
        case 0: bytes[start] = UInt8.random(in: 0...255, using: &random)
        case 1: bytes.removeSubrange(start..<end)
        case 2: bytes.insert(contentsOf: bytes[start..<end], at: end)
        case 3: bytes[start] = Array("{}[]\"()|*+?,:^$\\.-09aroe<# \n".utf8).randomElement(using: &random) ?? 0
        default: bytes.removeSubrange(end...)
        }
      }
      bytes.withUnsafeBytes(run)
    }
  }

  @Test func grammars() throws { try mutate(["json.gbnf", "items.gbnf"], count: 400, seed: 41, fuzzGrammar) }

  @Test func schemas() throws {
    try mutate(["person.schema.json", "combined.schema.json"], count: 500, seed: 42, fuzzJSONSchema)
  }

  @Test func toolCalls() throws { try mutate(["forms.calls.txt"], count: 1000, seed: 43, fuzzToolCalls) }
}
