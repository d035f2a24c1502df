import { Segmented } from "@/components/ui/segmented";
import { useUrlState } from "@/lib/url-state";
import { LISTS } from "./names";

/** Opens one of the lists beside the graph; a second click closes it. */
export function ListButtons() {
  const { params, patch } = useUrlState();
  const current = params.get("list") ?? "";
  return (
    <Segmented
      label="Lists"
      value={current}
      options={LISTS}
      onChange={(list) =>
        patch(
          {
            list: list === current ? null : list,
            lq: null,
            ltype: null,
            selected: null,
            lcolumn: null,
            edge: null,
          },
          { replace: true },
        )
      }
    />
  );
}
