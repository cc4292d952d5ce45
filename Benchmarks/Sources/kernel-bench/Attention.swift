import CAttend

/// Attention alone, 12 heads of width 64: ms, and the operations of the two products per second.
func benchmarkAttention(_ kernels: UnsafePointer<at_kernels>, _ stopwatch: Stopwatch, _ machine: Machine) {
  let heads = 12
  let width = 64
  let peak = machine.gigaflops * Double(at_threads())
  print("attention, \(heads) heads × \(width), \(at_threads()) threads")
  for length in [512, 2048, 8192] {
    let row = heads * width
    let numbers = Buffer.random(count: length * row)
    let out = Buffer<Float>(count: length * row)
    for (name, element) in [("f32", AT_F32), ("bf16", AT_BF16)] {
      let cache = KeyValueBlocks(kernels, element: element, heads: heads, width: width, keys: numbers, length: length)
      for (kind, causal, queries) in [("full", false, length), ("causal", true, length), ("one query", true, 1)] {
        let seconds = cache.seconds(stopwatch, queries: queries, causal: causal, numbers, out)
        let scores =
          Double(heads) * (queries == 1 || !causal ? Double(queries * length) : Double(length * (length + 1)) / 2)
        let gigaflops = 4 * scores * Double(width) / seconds / 1e9
        print(
          label("  \(length) \(name), \(kind)", width: 26), column(seconds * 1e3, 3), "ms", column(gigaflops, 1),
          "GFLOP/s",
          column(gigaflops / peak * 100, 0, width: 5), "%")
      }
    }
  }
}

/// The key/value blocks of one sequence whose keys and values are the same numbers.
private final class KeyValueBlocks {
  private let kernels: UnsafePointer<at_kernels>
  private let element: at_element
  private let heads: Int
  private let width: Int
  private let length: Int
  private let memory: Buffer<UInt8>
  private var blocks: [UnsafeRawPointer?] = []

  init(
    _ kernels: UnsafePointer<at_kernels>, element: at_element, heads: Int, width: Int, keys: Buffer<Float>, length: Int
  ) {
    (self.kernels, self.element, self.heads, self.width, self.length) = (kernels, element, heads, width, length)
    let blockBytes = at_kv_block_bytes(kernels, element, width, width)
    let size = Int(AT_KV_BLOCK)
    let perHead = (length + size - 1) / size
    memory = Buffer(count: heads * perHead * blockBytes)
    memory.pointer.update(repeating: 0, count: memory.count)
    for head in 0..<heads {
      for index in 0..<perHead {
        let block = memory.pointer + (head * perHead + index) * blockBytes
        let first = index * size
        let source = keys.pointer + first * heads * width + head * width
        at_kv_write(
          kernels, element, width, width, block, 0, min(size, length - first), source, heads * width, source,
          heads * width)
        blocks.append(UnsafeRawPointer(block))
      }
    }
  }

  func seconds(
    _ stopwatch: Stopwatch, queries: Int, causal: Bool, _ numbers: Buffer<Float>, _ out: Buffer<Float>
  ) -> Double {
    blocks.withUnsafeBufferPointer { blocks in
      let sequence = at_attention_sequence(
        query_begin: 0, query_count: queries, key_count: length, query_position: length - queries,
        blocks: blocks.baseAddress, block_stride: blocks.count / heads)
      return withUnsafePointer(to: sequence) { sequence in
        var attention = at_attention()
        attention.heads = heads
        attention.kv_heads = heads
        attention.key_width = width
        attention.value_width = width
        attention.element = element
        attention.scale = 0.125
        attention.causal = causal
        attention.queries = UnsafePointer(numbers.pointer)
        attention.query_stride = heads * width
        attention.out = out.pointer
        attention.out_stride = heads * width
        attention.sequences = sequence
        attention.sequence_count = 1
        attention.decode = queries == 1
        return stopwatch.seconds { at_attend(kernels, &attention) }
      }
    }
  }
}
