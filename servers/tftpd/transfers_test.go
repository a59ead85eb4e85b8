package tftpd_test

import (
	"testing"
	"testing/fstest"
	"testing/synctest"
	"time"

	"github.com/wirebook/wirebook/internal/datagrams"
	"github.com/wirebook/wirebook/protocol/tftp"
	"github.com/wirebook/wirebook/servers/tftpd"
)

func TestTransfersTellWhatIsUnderWay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var transfers tftpd.Transfers
		if len(transfers.List()) > 0 {
			t.Error("something is under way before there is a server")
		}
		var n datagrams.Network
		s := &tftpd.Server{FS: fstest.MapFS{"a": {Data: make([]byte, 1200)}}, Transfers: &transfers}
		server := startOn(t, t.Context(), n.Host("192.0.2.1"), s)
		client, err := n.Host("192.0.2.4").ListenPacket(t.Context(), "udp", ":4000")
		if err != nil {
			t.Fatal(err)
		}
		defer client.Close()
		socket := tftp.NewSocket(client)
		began := time.Now()
		request, err := datagrams.TFTP("RRQ a octet")
		if err != nil {
			t.Fatal(err)
		}
		socket.WriteToUDPAddrPort(request, server)
		b := make([]byte, 1000)
		_, from, err := socket.ReadFromUDPAddrPort(b)
		if err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		all := transfers.List()
		if len(all) != 1 || all[0].Client.String() != "192.0.2.4:4000" || all[0].File != "a" || all[0].Write || all[0].Mode != "octet" ||
			!all[0].Since.Equal(began) || all[0].Bytes != 0 {
			t.Errorf("under way: %+v", all)
		}
		socket.WriteToUDPAddrPort(tftp.Ack(1), from)
		synctest.Wait()
		if all := transfers.List(); len(all) != 1 || all[0].Bytes != 512 {
			t.Errorf("after the first ACK: %+v", all)
		}
		time.Sleep(time.Minute) // the client has gone
		synctest.Wait()
		if all := transfers.List(); len(all) > 0 {
			t.Errorf("still under way: %+v", all)
		}
	})
}
