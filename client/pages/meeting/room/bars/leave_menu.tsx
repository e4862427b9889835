/** Leaving alone, or, for those who may, ending the lesson for everyone. */
import { ChevronDown, DoorOpen, LogOut, PhoneOff } from "lucide-preact";
import { Menu, MenuItem } from "../../../../design/menu.tsx";
import { useRoom } from "../model.ts";
import { narrow } from "../stages/screen_size.ts";

export function LeaveMenu() {
  const model = useRoom();
  return (
    <Menu
      label="Leave"
      testId="leave"
      buttonClass="button leave-button"
      button={
        <>
          <LogOut size={18} aria-hidden="true" />
          {!narrow.value && (
            <>
              Leave
              <ChevronDown size={16} aria-hidden="true" />
            </>
          )}
        </>
      }
    >
      <MenuItem
        icon={DoorOpen}
        label="Leave the lesson"
        detail="The others go on. You can come back."
        testId="leave-now"
        onSelect={() => void model.connection.leave()}
      />
      {model.room.permissions.value.end && (
        <MenuItem
          icon={PhoneOff}
          label="End it for everyone"
          detail="The room closes for all."
          testId="end"
          onSelect={() => model.view.question.value = "end"}
        />
      )}
    </Menu>
  );
}
