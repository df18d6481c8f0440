package guard

import (
	"net"
	"net/http"
	"net/netip"
	"strings"
)

// Address returns where a request comes from; of IPv6, the network, since who has
// one address has its 2^64 neighbours. Of what a proxy forwards, it added the last
// itself; the others may be anything.
func Address(r *http.Request, proxied bool) string {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		host = r.RemoteAddr
	}
	if proxied {
		all := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")
		host = strings.TrimSpace(all[len(all)-1])
	}
	address, err := netip.ParseAddr(host)
	if err != nil {
		return host
	}
	if address = address.Unmap(); address.Is6() {
		return netip.PrefixFrom(address, 64).Masked().String()
	}
	return address.String()
}
