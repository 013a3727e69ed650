// The OpenStack plugin of Pulumi, for machines that cannot fetch the released one: the same Terraform provider behind the
// same bridge, under the type tokens and names that the installed Python SDK uses (embedded when it is built).
package main

import (
	_ "embed"
	"fmt"
	"os"
	"regexp"
	"sort"
	"strings"

	"github.com/pulumi/pulumi-terraform-bridge/v3/pkg/tfbridge"
	shimv2 "github.com/pulumi/pulumi-terraform-bridge/v3/pkg/tfshim/sdk-v2"
	"github.com/pulumi/pulumi/sdk/v3/go/common/tokens"
	"github.com/terraform-provider-openstack/terraform-provider-openstack/v3/openstack"
)

const name = "openstack"

var (
	//go:embed tokens.txt
	sdkTokens string
	//go:embed version.txt
	sdkVersion string

	versionSuffix = regexp.MustCompile(`v\d+$`)
	// Modules that the SDK spells out and Terraform shortens.
	longModule = map[string]string{"lb": "loadbalancer", "fw": "firewall", "db": "database"}
	// Names that the SDK spells in a way of its own.
	renamed = map[string]string{
		"openstack_blockstorage_quotaset_v3": "blockstorage/quoteset",
		"openstack_objectstorage_object_v1":  "objectstorage/containerobject",
		"data.openstack_dns_zone_v2":         "dns/getdnszone",
	}
	// Names that the bridge alone would not choose as the SDK did.
	fieldNames = map[string]map[string]*tfbridge.SchemaInfo{
		"openstack_networking_subnet_v2":   {"allocation_pool": {Name: "allocationPools"}},
		"openstack_orchestration_stack_v1": {"outputs": {Name: "StackOutputs"}},
	}
)

// key makes Terraform's openstack_lb_l7policy_v2 and the SDK's loadbalancer/L7PolicyV2 the same word.
func key(module, typ string) string {
	return module + "/" + versionSuffix.ReplaceAllString(strings.ToLower(strings.ReplaceAll(typ, "_", "")), "")
}

// byKey indexes tokens such as openstack:networking/network:Network.
func byKey(list string) map[string]string {
	index := map[string]string{}
	for _, token := range strings.Fields(list) {
		part := strings.Split(token, ":")
		module, _, _ := strings.Cut(part[1], "/")
		index[key(module, part[2])] = token
	}
	return index
}

// find returns the SDK's token for a Terraform resource, or for a data source (data.openstack_…).
func find(index map[string]string, terraformName string) (string, bool) {
	source, isSource := strings.CutPrefix(terraformName, "data.")
	module, typ, _ := strings.Cut(strings.TrimPrefix(source, name+"_"), "_")
	if long, ok := longModule[module]; ok {
		module = long
	}
	if isSource {
		typ = "get_" + typ
	}
	word, ok := renamed[terraformName]
	if !ok {
		word = key(module, typ)
	}
	token, ok := index[word]
	return token, ok
}

// provider maps all that has a token, and names the rest.
func provider() (tfbridge.ProviderInfo, []string) {
	upstream := openstack.Provider()
	index := byKey(sdkTokens)
	unmapped := []string{}
	info := tfbridge.ProviderInfo{
		P:            shimv2.NewProvider(upstream),
		Name:         name,
		Version:      strings.TrimSpace(sdkVersion),
		Resources:    map[string]*tfbridge.ResourceInfo{},
		DataSources:  map[string]*tfbridge.DataSourceInfo{},
		MetadataInfo: tfbridge.NewProviderMetadata([]byte("{}")),
	}
	for resource := range upstream.ResourcesMap {
		if token, ok := find(index, resource); ok {
			info.Resources[resource] = &tfbridge.ResourceInfo{Tok: tokens.Type(token), Fields: fieldNames[resource]}
		} else {
			unmapped = append(unmapped, resource)
		}
	}
	for source := range upstream.DataSourcesMap {
		if token, ok := find(index, "data."+source); ok {
			info.DataSources[source] = &tfbridge.DataSourceInfo{Tok: tokens.ModuleMember(token)}
		} else {
			unmapped = append(unmapped, "data."+source)
		}
	}
	info.SetAutonaming(255, "-")
	sort.Strings(unmapped)
	return info, unmapped
}

func main() {
	info, unmapped := provider()
	if len(os.Args) == 2 && os.Args[1] == "unmapped" {
		fmt.Println(strings.Join(unmapped, "\n"))
		return
	}
	schema := fmt.Sprintf(`{"name":%q,"version":%q}`, info.Name, info.Version)
	tfbridge.Main(info.Name, info.Version, info, []byte(schema))
}
