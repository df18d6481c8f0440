package capital

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"io"
)

// A shard file is one line of ASCII, then so many bytes of JSON and nothing else:
//
//	evenkeel-capital-shard <format> <bytes> <SHA-256 of these bytes>
const (
	shardMagic  = "evenkeel-capital-shard"
	shardFormat = 1
	// maxShardBytes bounds what is read: some ten million outcomes.
	maxShardBytes = 2 << 30
)

// WriteShard writes a part so that another machine can merge it: some hundred
// kilobytes, and 150 bytes more for each outcome that was kept.
func WriteShard(w io.Writer, p Partial) error {
	if err := p.validate(); err != nil {
		return err
	}
	body, err := json.Marshal(p)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrShard, err)
	}
	if _, err := fmt.Fprintf(w, "%s %d %d %x\n", shardMagic, shardFormat, len(body), sha256.Sum256(body)); err != nil {
		return fmt.Errorf("write shard: %w", err)
	}
	if _, err := w.Write(body); err != nil {
		return fmt.Errorf("write shard: %w", err)
	}
	return nil
}

// ReadShard reads what [WriteShard] wrote. Anything else is [ErrShard]: another
// kind of file, one that is cut short or goes on, one that was changed.
func ReadShard(r io.Reader) (Partial, error) {
	head, err := line(r)
	if err != nil {
		return Partial{}, err
	}
	var (
		magic, sum string
		format     int
		size       int64
	)
	if n, _ := fmt.Sscanf(head, "%s %d %d %s", &magic, &format, &size, &sum); n != 4 || magic != shardMagic {
		return Partial{}, fmt.Errorf("%w: begins with %.40q: is not a shard", ErrShard, head)
	}
	if format != shardFormat {
		return Partial{}, fmt.Errorf("%w: format %d: must be %d", ErrShard, format, shardFormat)
	}
	if size < 1 || size > maxShardBytes {
		return Partial{}, fmt.Errorf("%w: %d bytes: must be in [1, %d]", ErrShard, size, maxShardBytes)
	}
	body, err := io.ReadAll(io.LimitReader(r, size+1))
	if err != nil {
		return Partial{}, fmt.Errorf("read shard: %w", err)
	}
	if n := int64(len(body)); n < size {
		return Partial{}, fmt.Errorf("%w: cut short: %d of %d bytes", ErrShard, n, size)
	} else if n > size {
		return Partial{}, fmt.Errorf("%w: goes on after its %d bytes", ErrShard, size)
	}
	if found := fmt.Sprintf("%x", sha256.Sum256(body)); found != sum {
		return Partial{}, fmt.Errorf("%w: changed since it was written: SHA-256 %.64q: must be %s", ErrShard, sum, found)
	}
	decoder := json.NewDecoder(bytes.NewReader(body))
	decoder.DisallowUnknownFields()
	var p Partial
	if err := decoder.Decode(&p); err != nil {
		return Partial{}, fmt.Errorf("%w: %w", ErrShard, err)
	}
	return p, p.validate()
}

// line reads up to the first newline, of 160 bytes at most.
func line(r io.Reader) (string, error) {
	const most = 160
	var head []byte
	for octet := make([]byte, 1); len(head) < most; head = append(head, octet[0]) {
		if _, err := io.ReadFull(r, octet); err != nil {
			return "", fmt.Errorf("%w: begins with %.40q: is not a shard: %w", ErrShard, head, err)
		}
		if octet[0] == '\n' {
			return string(head), nil
		}
	}
	return "", fmt.Errorf("%w: begins with %.40q: is not a shard", ErrShard, head)
}
